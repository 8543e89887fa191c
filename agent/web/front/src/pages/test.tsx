// SPDX-License-Identifier: Apache-2.0
// What is this file, and what would happen to it.
import { useRef, useState } from 'preact/hooks';
import { asError, upload, useAsk, type ApiError } from '../api';
import { bytes, milliseconds } from '../format';
import type { Explained, Facts as FactsAnswer } from '../types';
import { Action, Level } from '../ui/badges';
import { EvidenceTable, Steps } from '../ui/evidence';
import { Facts, Field, Heading, Problem, Section } from '../ui/parts';
import { name, t } from '../words';

const MOST = 64 * 1024 * 1024;

interface Tested {
  scan?: FactsAnswer;
  explain?: Explained | null;
}

interface Result {
  file: string;
  app: string;
  facts: FactsAnswer;
  explain: Explained | null;
}

export function TestPage() {
  const apps = useAsk<{ apps: { id: string; name?: string; category?: string }[] }>('/apps');
  const input = useRef<HTMLInputElement>(null);
  const [app, setApp] = useState('');
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState('');
  const [said, setSaid] = useState('');
  const [error, setError] = useState<ApiError>();
  const [result, setResult] = useState<Result>();
  const [last, setLast] = useState<File>();
  const test = async (file: File, asApp: string) => {
    setError(undefined);
    setResult(undefined);
    setSaid('');
    setLast(file);
    if (file.size > MOST) {
      setSaid(t('test.too-big', { name: file.name }));
      return;
    }
    setBusy(file.name);
    let bytes: ArrayBuffer;
    try {
      bytes = await file.arrayBuffer();
    } catch {
      // Most likely the agent: a browser is an application, and does not get what the policy keeps.
      setBusy('');
      setSaid(t('test.refused', { name: file.name }));
      return;
    }
    try {
      const q = new URLSearchParams({ name: file.name });
      if (asApp) q.set('app', asApp);
      const r = await upload<Tested & FactsAnswer>(`/rules/test?${q}`, new Blob([bytes]));
      setResult({ file: file.name, app: asApp, facts: r.scan ?? r.explain ?? r, explain: r.explain ?? null });
    } catch (e) {
      setError(asError(e));
    } finally {
      setBusy('');
    }
  };
  const pick = (list: FileList | null | undefined) => {
    if (list?.[0]) void test(list[0], app);
  };
  const list = apps.data?.apps ?? [];
  return (
    <>
      <Heading>{t('test.title')}</Heading>
      <p>{t('test.how')}</p>
      <div class={`drop panel${over ? ' over' : ''}`} onDragOver={(e) => { e.preventDefault(); setOver(true); }}
        onDragLeave={() => setOver(false)} onDrop={(e) => { e.preventDefault(); setOver(false); pick(e.dataTransfer?.files); }}>
        <Field label={t('test.app')}>
          {list.length > 0 ? (
            <select value={app} onChange={(e) => { setApp(e.currentTarget.value); if (last) void test(last, e.currentTarget.value); }}>
              <option value="">{t('test.app-none')}</option>
              {list.map((a) => <option key={a.id} value={a.id}>{a.name ? `${a.name} (${a.id})` : a.id}</option>)}
            </select>
          ) : <input value={app} placeholder="zalo" onInput={(e) => setApp(e.currentTarget.value)} />}
        </Field>
        <p>{t('test.drop')}{' '}
          <button type="button" class="main" onClick={() => input.current?.click()}>{t(result ? 'test.again' : 'test.choose')}</button>
          <input ref={input} type="file" class="away" tabIndex={-1} aria-label={t('test.choose')} onChange={(e) => {
            pick(e.currentTarget.files);
            e.currentTarget.value = '';
          }} /></p>
        <p class="hint">{t('test.limit')}</p>
      </div>
      <div aria-live="polite">
        {busy && <p>{t('test.reading', { name: busy })}</p>}
        {said && <p class="problem">{said}</p>}
        {result && <Shown r={result} />}
      </div>
      {error && <Problem error={error} />}
    </>
  );
}

function Shown({ r }: { r: Result }) {
  const f = r.facts;
  const v = r.explain?.verdict;
  const appName = r.app || r.explain?.app || '';
  return (
    <>
      <Section title={t('test.result', { name: r.file })}>
        <p class="verdict"><span>{t('test.level')}</span> <Level level={f.level} />
          {f.level === 'none' && <span class="dim">{t('test.nothing')}</span>}</p>
        {v && (
          <p class="verdict">
            <span>{t('test.would', { app: appName, action: '' })}</span>
            <Action incident={{ action: v.action, intended: v.intended }} />
            <span>{v.rule ? t('test.rule', { rule: v.rule }) : t('test.no-rule')}</span>
          </p>
        )}
        {v?.message && <blockquote>{v.message}</blockquote>}
        <Facts rows={[
          [t('field.tag'), f.tags?.length ? f.tags.map((x) => name('tag', x)).join(', ') : ''],
          [t('completeness'), f.completeness && `${name('completeness', f.completeness)}${f.reasons?.length ? `: ${f.reasons.map((x) => name('reason', x)).join(', ')}` : ''}`],
          [t('incident.format'), f.format],
          [t('incident.size'), f.size !== undefined && bytes(f.size)],
          ['SHA-256', f.sha256 && <code class="hash">{f.sha256}</code>],
        ]} />
        {f.ms !== undefined && <p class="dim">{t('test.took', { time: milliseconds(f.ms) })}</p>}
      </Section>
      <Section title={t('incident.evidence')}>
        <EvidenceTable list={f.evidence ?? []} empty={t('test.nothing')} />
      </Section>
      {!!r.explain?.rules?.length && (
        <Section title={t('incident.decision')}>
          <Steps steps={r.explain.rules} />
          {!v?.rule && <p>{t('trace.default')}</p>}
        </Section>
      )}
    </>
  );
}
