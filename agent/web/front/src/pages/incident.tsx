// SPDX-License-Identifier: Apache-2.0
// One incident: what happened, why, and what to do about it.
import { useState } from 'preact/hooks';
import { asError, post, useAsk, type ApiError } from '../api';
import { absolute, baseName, bytes } from '../format';
import { useKeys } from '../keys';
import { navigate } from '../router';
import { may, useSession } from '../session';
import { STATUSES, type IncidentPage, type Step } from '../types';
import { Action, Level, Raw, refuses, StatusBadge, Time } from '../ui/badges';
import { EvidenceTable, Trace } from '../ui/evidence';
import { Icon } from '../ui/icons';
import { MarkDialog, useMarking } from '../ui/mark';
import { Answer, CopyButton, Dialog, Facts, Field, Heading, Problem, Section } from '../ui/parts';
import { name, t, type Key } from '../words';
import { STATUS_KEYS } from './incidents';
import { Suggest } from './suggest';

const CHANNELS = ['open', 'exec', 'receive', 'browser-upload', 'browser-paste', 'at-rest'];

function sentence(i: IncidentPage): string {
  const channel = CHANNELS.includes(i.channel) ? i.channel : 'open';
  const key = `incident.${refuses(i.action) ? 'refused' : 'allowed'}.${channel}` as Key;
  return t(key, {
    who: i.app_name || i.app || i.comm || t('field.host'), user: i.user || String(i.uid ?? '?'), file: baseName(i.path),
  });
}

function moreSentence(i: IncidentPage): string {
  if (refuses(i.action)) return '';
  if (i.override) return t('incident.override', { n: String(i.override) });
  return refuses(i.intended) ? t('incident.monitored') : t('incident.recorded');
}

function advice(i: IncidentPage): string[] {
  const classified = i.level !== 'none' && i.level !== '';
  const list = [t(refuses(i.action)
    ? classified ? 'incident.todo.refused' : 'incident.todo.refused-unmarked'
    : classified ? 'incident.todo.had' : 'incident.todo.nothing')];
  if (i.completeness && i.completeness !== 'full') list.push(t('incident.todo.partly'));
  return list;
}

function Reveal({ id, onClose, shown }: { id: string; onClose: () => void; shown: (i: IncidentPage) => void }) {
  const [reason, setReason] = useState('');
  const [error, setError] = useState<ApiError>();
  return (
    <Dialog title={t('incident.reveal')} onClose={onClose}>
      <form onSubmit={(e) => {
        e.preventDefault();
        post<IncidentPage>(`/incidents/${id}/reveal`, { reason: reason.trim() }).then(shown).catch((x) => setError(asError(x)));
      }}>
        <p>{t('incident.reveal-how')}</p>
        {error && <Problem error={error} />}
        <Field label={t('incident.reveal-reason')}>
          <input value={reason} required maxLength={200} onInput={(e) => setReason(e.currentTarget.value)} />
        </Field>
        <div class="buttons">
          <button type="submit" class="main" disabled={!reason.trim()}>{t('incident.reveal')}</button>
          <button type="button" onClick={onClose}>{t('app.cancel')}</button>
        </div>
      </form>
    </Dialog>
  );
}

function Document({ i }: { i: IncidentPage }) {
  return (
    <Section title={t('incident.document')}>
      <Facts rows={[
        [t('incident.path'), <code><Raw text={i.path} /></code>],
        [t('level'), <Level level={i.level} />],
        [t('field.tag'), i.tags?.length ? i.tags.map((x) => name('tag', x)).join(', ') : ''],
        [t('completeness'), i.completeness && `${name('completeness', i.completeness)}${i.reasons?.length ? `: ${i.reasons.map((r) => name('reason', r)).join(', ')}` : ''}`],
        [t('incident.format'), i.format],
        [t('incident.size'), i.size !== undefined && bytes(i.size)],
        ['SHA-256', i.sha256 && <span class="hash"><code>{i.sha256}</code> <CopyButton text={i.sha256} /></span>],
        [t('incident.quarantine'), i.quarantine && (i.quarantine.moved
          ? t('incident.quarantined', { id: i.quarantine.id })
          : t('incident.not-quarantined', { why: i.quarantine.why }))],
      ]} />
      {!!i.files?.length && (
        <>
          <h3>{t('incident.files')}</h3>
          <ul class="files">{i.files.map((f) => <li key={f.path}><Level level={f.level} /> <code><Raw text={f.path} /></code></li>)}</ul>
        </>
      )}
    </Section>
  );
}

/** Whether copies are kept, and how to open them; never what is in them. */
function Copies({ i }: { i: IncidentPage }) {
  if (!i.copies?.length) return null;
  const command = `sealgate incidents evidence ${i.id}`;
  return (
    <Section title={t('copies.title')}>
      <ul class="files">
        {i.copies.map((c, n) => (
          <li key={n}>
            <Icon name={c.what === 'kept' ? 'lock' : 'minus'} /> {c.what === 'kept'
              ? t('copies.kept', { size: bytes(c.copy_size ?? 0) })
              : <>{t(c.what === 'failed' ? 'copies.failed' : 'copies.removed')} <span class="dim"><Raw text={c.text ?? ''} /></span></>}
            {c.time && <> · <Time time={c.time} /></>}
          </li>
        ))}
      </ul>
      {i.copies.some((c) => c.what === 'kept') && (
        <>
          <p class="hint">{t('copies.how')}</p>
          <p class="hash"><code>{command}</code> <CopyButton text={command} /></p>
        </>
      )}
    </Section>
  );
}

function Ancestry({ i }: { i: IncidentPage }) {
  const chain = [...(i.ancestry ?? [])].reverse();
  const one = (exe: string | undefined, comm: string | undefined, pid: number | undefined, me: boolean) => (
    <span class={me ? 'me' : ''}><code><Raw text={exe || comm} /></code> <span class="dim">pid {pid}</span></span>
  );
  return (
    <ol class="ancestry">
      {chain.map((a) => <li key={a.pid}>{one(a.exe, a.comm, a.pid, false)}</li>)}
      <li aria-current="true">{one(i.exe, i.comm, i.pid, true)}</li>
    </ol>
  );
}

function ProcessPanel({ i }: { i: IncidentPage }) {
  return (
    <Section title={t('incident.process')}>
      <Facts rows={[
        [t('field.app'), <Raw text={i.app_name || i.app} />],
        [t('field.user'), <Raw text={i.user || String(i.uid ?? '')} />],
        [t('field.host'), i.host],
        [t('incident.identified'), i.identified],
        [t('incident.package'), i.package],
        [t('incident.sandbox'), i.sandbox],
        [t('incident.destination'), i.destination && <Raw text={i.destination} />],
        [t('incident.meeting'), i.meeting === undefined ? '' : t(i.meeting ? 'app.yes' : 'app.no')],
      ]} />
      <Ancestry i={i} />
    </Section>
  );
}

function words(s: Step): string[] {
  const list: string[] = [];
  if (s.revealed) list.push(t('incident.saw'));
  if (s.taken) list.push(t('copies.taken'));
  if (s.status) list.push(t('incident.set-status', { status: name('status', s.status) }));
  if (s.assignee) list.push(t('incident.set-assignee', { name: s.assignee }));
  if (s.tag) list.push(t('incident.added-tag', { tag: s.tag }));
  if (s.untag) list.push(t('incident.removed-tag', { tag: s.untag }));
  return list;
}

function History({ i }: { i: IncidentPage }) {
  const steps = i.history ?? [];
  return (
    <Section title={t('incident.history')}>
      <Facts rows={[
        [t('field.assignee'), i.assignee && <Raw text={i.assignee} />],
        [t('incident.labels'), i.labels?.length ? i.labels.map((l) => <span key={l} class="tag"><Raw text={l} /></span>) : ''],
      ]} />
      {steps.length === 0 ? <p class="dim">{t('incident.no-history')}</p> : (
        <ol class="history">
          {steps.map((s, n) => (
            <li key={n}>
              <Time time={s.time} /> <strong><Raw text={s.by || '?'} /></strong> {words(s).join('; ')}
              {s.note && <p class="note"><Raw text={s.note} /></p>}
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

/** Where the list stood that one came from. */
function listAddress(): string {
  return sessionStorage.getItem('sealgate.list') || '/incidents';
}

function Page({ i, again, id }: { i: IncidentPage; again: () => void; id: string }) {
  const session = useSession();
  const marks = may(session, 'reviewer');
  const [dialog, setDialog] = useState<'mark' | 'reveal' | null>(null);
  const [revealed, setRevealed] = useState<IncidentPage>();
  const marking = useMarking(() => again());
  const shown = revealed ? { ...i, ...revealed, history: i.history } : i;
  const to = (other: string | null | undefined) => other && navigate(`/incidents/${other}`);
  useKeys({
    '[': () => to(i.prev),
    ']': () => to(i.next),
    u: () => navigate(listAddress()),
    n: () => marks && setDialog('mark'),
    ...(marks ? Object.fromEntries(Object.entries(STATUS_KEYS).map(([key, status]) =>
      [key, () => { void marking.run([id], { status, seen: i.seen }); }])) : {}),
  });
  return (
    <>
      <div class="incident-bar">
        <Level level={i.level} />
        <Action incident={i} />
        <StatusBadge status={i.status} />
        <span class="dim id">{i.id}</span>
        <nav class="pager" aria-label={t('nav.incidents')}>
          <a href={listAddress()}>{t('incident.back')}</a>
          {i.prev && <a href={`/incidents/${i.prev}`}>{t('incident.previous')}</a>}
          {i.next && <a href={`/incidents/${i.next}`}>{t('incident.next')}</a>}
        </nav>
      </div>
      {marks && (
        <div class="bulk in-page" role="group" aria-label={t('mark.status')}>
          {STATUSES.filter((s) => s !== 'new').map((s) => (
            <button key={s} type="button" aria-pressed={i.status === s} disabled={marking.busy}
              onClick={() => { void marking.run([id], { status: s, seen: i.seen }); }}>{name('status', s)}</button>
          ))}
          <button type="button" onClick={() => setDialog('mark')}>{t('mark.more')}</button>
        </div>
      )}
      {marking.shown}
      {!!i.concealed?.length && (
        <p class="remark">
          <Icon name="lock" /> {t(revealed ? 'incident.revealed' : 'incident.concealed')}{' '}
          {!revealed && marks && <button type="button" onClick={() => setDialog('reveal')}>{t('incident.reveal')}</button>}
        </p>
      )}
      <div class="columns">
        <div>
          <Section title={t('incident.happened')}>
            <p class="sentence"><Raw text={sentence(shown)} /></p>
            {moreSentence(i) && <p>{moreSentence(i)}</p>}
            <p class="dim"><Time time={i.time} />
              {!!i.retries && <> · {t('time.again-long', { n: i.retries, time: absolute(i.last || i.time) })}</>}</p>
            {i.similar && i.similar.count > 1 && (
              <p><a href={i.similar.href || '/incidents'}>{t('incident.similar', { n: i.similar.count })}</a></p>
            )}
          </Section>
          <Section title={t('incident.decision')}>
            <Trace incident={shown} />
            <Facts rows={[
              [t('incident.rules-version'), i.rules_version],
              [t('incident.message'), i.message && <Raw text={i.message} />],
              [t('incident.notified'), i.user_notified === undefined ? '' : t(i.user_notified ? 'app.yes' : 'app.no')],
            ]} />
          </Section>
          <Section title={t('incident.evidence')}>
            <EvidenceTable list={shown.evidence ?? []} empty={t('incident.no-evidence')} />
          </Section>
        </div>
        <div>
          <Section title={t('incident.todo')} class="todo">{advice(i).map((x) => <p key={x}>{x}</p>)}</Section>
          <History i={i} />
          <Document i={shown} />
          <Copies i={i} />
          <ProcessPanel i={shown} />
        </div>
      </div>
      {marks && <Suggest incident={i} />}
      {dialog === 'mark' && <MarkDialog n={1} onClose={() => setDialog(null)} onMark={(m) => {
        setDialog(null);
        void marking.run([id], { ...m, seen: i.seen });
      }} />}
      {dialog === 'reveal' && <Reveal id={id} onClose={() => setDialog(null)} shown={(x) => {
        setRevealed(x);
        setDialog(null);
        again();
      }} />}
    </>
  );
}

export function IncidentView({ id }: { id: string }) {
  const asked = useAsk<IncidentPage>(`/incidents/${id}`);
  return (
    <>
      <Heading>{t('incident.title', { id: id.slice(-8) })}</Heading>
      <Answer asked={asked}>{(i) => <Page i={i} id={id} again={asked.again} />}</Answer>
    </>
  );
}
