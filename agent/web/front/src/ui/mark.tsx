// SPDX-License-Identifier: Apache-2.0
// Marking incidents, one or many, and the report of what came of it.
import { useRef, useState } from 'preact/hooks';
import { announce } from '../announce';
import { asError, post, type ApiError } from '../api';
import { STATUSES, type Mark, type MarkResult } from '../types';
import { count, language, name, t } from '../words';
import { Dialog, Field, Problem } from './parts';

/** As many as one request takes. */
const AT_ONCE = 100;

export interface Report {
  mark: Mark;
  done: string[];
  failed: { id: string; why: string }[];
}

function why(error: MarkResult['results'][number]['error']): string {
  if (!error) return '';
  if (typeof error === 'string') return error;
  return (language() === 'vi' ? error.message_vi : error.message_en) ?? error.message_en ?? '';
}

export async function mark(ids: string[], what: Mark): Promise<Report> {
  const report: Report = { mark: what, done: [], failed: [] };
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE);
    try {
      const r = await post<MarkResult>('/incidents/mark', { ids: some, ...what });
      for (const one of r.results) {
        if (one.ok) report.done.push(one.id);
        else report.failed.push({ id: one.id, why: why(one.error) });
      }
    } catch (e) {
      // What was written stays written: the report says which was not.
      const error = asError(e);
      if (at === 0 && ids.length === 1) throw error;
      for (const id of some) report.failed.push({ id, why: error.text() });
    }
  }
  return report;
}

export function tell(r: Report): void {
  if (r.failed.length > 0) return;
  announce(r.mark.status
    ? t('mark.done-status', { n: r.done.length, status: name('status', r.mark.status) })
    : t('mark.done', { n: r.done.length }));
}

/** Marks, and says so: the report where not all was written. One after the other: a mark that is asked for
    while another is being written is not lost, and the same one not written twice. */
export function useMarking(after: (r: Report) => void) {
  const waiting = useRef(new Set<string>());
  const last = useRef(Promise.resolve());
  const [busy, setBusy] = useState(false);
  const [report, setReport] = useState<Report>();
  const [error, setError] = useState<ApiError>();
  const write = async (ids: string[], what: Mark, key: string): Promise<void> => {
    setError(undefined);
    try {
      const r = await mark(ids, what);
      tell(r);
      if (r.failed.length > 0) setReport(r);
      after(r);
    } catch (e) {
      setError(asError(e));
    } finally {
      waiting.current.delete(key);
      setBusy(waiting.current.size > 0);
    }
  };
  const run = (ids: string[], what: Mark): Promise<void> => {
    const key = JSON.stringify([ids, what]);
    if (ids.length > 0 && !waiting.current.has(key)) {
      waiting.current.add(key);
      setBusy(true);
      last.current = last.current.then(() => write(ids, what, key));
    }
    return last.current;
  };
  const shown = (
    <>
      {error && <Problem error={error} />}
      {report && (
        <Dialog title={t('mark.report')} onClose={() => setReport(undefined)}>
          <p>{t('mark.done', { n: report.done.length })}</p>
          <p>{t('mark.failed', { n: report.failed.length })}</p>
          <ul class="report">{report.failed.map((f) => <li key={f.id}><code>{f.id}</code> {f.why}</li>)}</ul>
          <button type="button" class="main" onClick={() => setReport(undefined)}>{t('app.close')}</button>
        </Dialog>
      )}
    </>
  );
  return { run, busy, shown };
}

export function MarkDialog({ n, onClose, onMark }: { n: number; onClose: () => void; onMark: (m: Mark) => void }) {
  const [nothing, setNothing] = useState(false);
  return (
    <Dialog title={`${t('mark.title')} (${count(n)})`} onClose={onClose}>
      <form onSubmit={(e) => {
        e.preventDefault();
        const what: Mark = {};
        for (const [k, v] of new FormData(e.currentTarget)) {
          if (typeof v === 'string' && v.trim()) what[k as keyof Omit<Mark, 'seen'>] = v.trim();
        }
        if (Object.keys(what).length === 0) setNothing(true);
        else onMark(what);
      }}>
        <p class="hint">{t('mark.how')}</p>
        <Field label={t('mark.note')} hint={t('mark.send')}><textarea name="note" rows={3} maxLength={1000} autofocus onKeyDown={(e) => {
          if (e.key === 'Enter' && e.ctrlKey) e.currentTarget.form?.requestSubmit();
        }} /></Field>
        <Field label={t('mark.status')}>
          <select name="status">
            <option value="">{t('mark.keep')}</option>
            {STATUSES.map((s) => <option key={s} value={s}>{name('status', s)}</option>)}
          </select>
        </Field>
        <Field label={t('mark.assignee')}><input name="assignee" autocomplete="off" maxLength={64} /></Field>
        <div class="pair">
          <Field label={t('mark.tag')}><input name="tag" autocomplete="off" maxLength={64} /></Field>
          <Field label={t('mark.untag')}><input name="untag" autocomplete="off" maxLength={64} /></Field>
        </div>
        {nothing && <p class="problem" role="alert">{t('mark.nothing')}</p>}
        <div class="buttons">
          <button type="submit" class="main">{t('mark.submit')}</button>
          <button type="button" onClick={onClose}>{t('app.cancel')}</button>
        </div>
      </form>
    </Dialog>
  );
}
