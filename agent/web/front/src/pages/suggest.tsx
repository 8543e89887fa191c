// SPDX-License-Identifier: Apache-2.0
// From a false positive to a narrow exception, with what it would have let pass.
import { useState } from 'preact/hooks';
import { announce } from '../announce';
import { asError, get, post, type ApiError } from '../api';
import { may, useSession } from '../session';
import type { IncidentPage, Policy } from '../types';
import { Raw } from '../ui/badges';
import { CopyButton, Field, Problem, Section } from '../ui/parts';
import { t, type Key } from '../words';

interface Suggestion {
  yaml: string;
  file?: string;
  simulate?: { silenced?: number; examples?: string[] } | null;
}

const SCOPES = ['file-app-user', 'file-app', 'file-user', 'app-user'];

export function Suggest({ incident }: { incident: IncidentPage }) {
  const session = useSession();
  const [scope, setScope] = useState(SCOPES[0]!);
  const [days, setDays] = useState(30);
  const [made, setMade] = useState<Suggestion>();
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const [version, setVersion] = useState<number>();
  const attempt = async (f: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await f();
    } catch (e) {
      setError(asError(e));
    } finally {
      setBusy(false);
    }
  };
  const make = () => attempt(async () => {
    setVersion(undefined);
    setMade(await post<Suggestion>(`/incidents/${incident.id}/suggest`, { scope, days, reason: reason.trim() }));
  });
  const apply = () => attempt(async () => {
    const policy = await get<Policy>('/policy');
    const r = await post<{ version: number }>('/policy/exception', { yaml: made!.yaml, reason: reason.trim(), base: policy.version });
    setVersion(r.version);
    announce(t('suggest.applied', { version: String(r.version) }));
  });
  return (
    <Section title={t('suggest.title')} class="suggest">
      <p>{t('suggest.how')}</p>
      {error && <Problem error={error} />}
      <form class="row" onSubmit={(e) => { e.preventDefault(); void make(); }}>
        <Field label={t('suggest.scope')}>
          <select value={scope} onChange={(e) => { setScope(e.currentTarget.value); setMade(undefined); }}>
            {SCOPES.map((s) => <option key={s} value={s}>{t(`suggest.scope.${s}` as Key)}</option>)}
          </select>
        </Field>
        <Field label={t('suggest.days')}>
          <input type="number" min={1} max={365} value={days} onInput={(e) => { setDays(Number(e.currentTarget.value)); setMade(undefined); }} />
        </Field>
        <Field label={t('suggest.reason')} class="grow">
          <input value={reason} required maxLength={200} onInput={(e) => { setReason(e.currentTarget.value); setMade(undefined); }} />
        </Field>
        <button type="submit" disabled={busy || !reason.trim()}>{t('suggest.make')}</button>
      </form>
      {made && (
        <div aria-live="polite">
          <h3>{t('suggest.yaml')}</h3>
          <pre class="yaml" tabIndex={0}><code>{made.yaml}</code></pre>
          <p><CopyButton text={made.yaml} /></p>
          {made.simulate?.silenced !== undefined && <p><strong>{t('suggest.silenced', { n: made.simulate.silenced })}</strong></p>}
          {!!made.simulate?.examples?.length && (
            <ul>{made.simulate.examples.map((x) => <li key={x}><Raw text={x} /></li>)}</ul>
          )}
          {version !== undefined
            ? <p class="good" role="status">{t('suggest.applied', { version: String(version) })}</p>
            : may(session, 'approver')
              ? <button type="button" class="main" disabled={busy} onClick={() => { void apply(); }}>{t('suggest.apply')}</button>
              : <p class="dim">{t('suggest.no-right')}</p>}
        </div>
      )}
    </Section>
  );
}
