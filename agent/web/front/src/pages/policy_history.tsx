// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'preact/hooks';
import { announce } from '../announce';
import { asError, post, useAsk, type ApiError } from '../api';
import type { Version } from '../types';
import { Raw, Time } from '../ui/badges';
import { Answer, Dialog, Field, Problem, Section, Wide } from '../ui/parts';
import { name, t } from '../words';

function Rollback({ version, onClose, done }: { version: number; onClose: () => void; done: () => void }) {
  const [reason, setReason] = useState('');
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  return (
    <Dialog title={t('policy.rollback', { version: String(version) })} onClose={onClose}>
      <form onSubmit={(e) => {
        e.preventDefault();
        setBusy(true);
        post<{ version: number }>('/policy/rollback', { version, reason: reason.trim() })
          .then((r) => {
            announce(t('policy.applied', { version: String(r.version) }));
            onClose();
            done();
          })
          .catch((x) => setError(asError(x)))
          .finally(() => setBusy(false));
      }}>
        <p>{t('policy.rollback-how', { version: String(version) })}</p>
        {error && <Problem error={error} />}
        <Field label={t('policy.reason')}>
          <input value={reason} required maxLength={200} onInput={(e) => setReason(e.currentTarget.value)} />
        </Field>
        <div class="buttons">
          <button type="submit" class="main" disabled={busy || !reason.trim()}>{t('policy.rollback-button')}</button>
          <button type="button" onClick={onClose}>{t('app.cancel')}</button>
        </div>
      </form>
    </Dialog>
  );
}

export function History({ current, canRoll, done }: { current: number; canRoll: boolean; done: () => void }) {
  const asked = useAsk<{ current?: number; versions: Version[] }>('/policy/history');
  const [to, setTo] = useState<number>();
  useEffect(() => { if (asked.data && asked.data.current !== current) asked.again(); }, [current]);
  return (
    <Section title={t('policy.history')}>
      <Answer asked={asked}>{(h) => (
        <Wide label={t('policy.history')}>
          <table>
            <thead>
              <tr>
                <th scope="col" class="number">{t('policy.version')}</th><th scope="col">{t('time.at')}</th><th scope="col">{t('policy.author')}</th>
                <th scope="col">{t('policy.how')}</th><th scope="col">{t('policy.reason-column')}</th><th scope="col">{t('policy.since')}</th>
              </tr>
            </thead>
            <tbody>
              {h.versions.map((v) => (
                <tr key={v.version} class={v.version === current ? 'selected' : ''}>
                  <th scope="row" class="number">{v.version}</th>
                  <td class="c-time"><Time time={v.time} /></td>
                  <td><Raw text={v.user} /></td>
                  <td>{name('policy.how', v.how ?? '')}</td>
                  <td><Raw text={v.reason} /></td>
                  <td class="c-time">
                    {v.version === current ? <strong>{t('policy.current')}</strong>
                      : v.in_force_since ? <Time time={v.in_force_since} /> : <span class="dim">{t('policy.never')}</span>}
                    {canRoll && v.version !== current && v.in_force_since && (
                      <button type="button" aria-label={t('policy.rollback', { version: String(v.version) })} onClick={() => setTo(v.version)}>{t('policy.rollback-button')}</button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}</Answer>
      {to !== undefined && <Rollback version={to} onClose={() => setTo(undefined)} done={done} />}
    </Section>
  );
}
