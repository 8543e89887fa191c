// SPDX-License-Identifier: Apache-2.0
// Why: the rules one after the other, and the markings with where they stand.
import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { useAsk } from '../api';
import { milliseconds } from '../format';
import type { Evidence, Incident, Traced, TraceStep } from '../types';
import { language, name, t } from '../words';
import { Action, Level, Raw } from './badges';
import { Icon } from './icons';
import { Answer, Wide } from './parts';

export function EvidenceTable({ list, empty }: { list: Evidence[]; empty: string }) {
  if (list.length === 0) return <p class="dim">{empty}</p>;
  return (
    <Wide label={t('incident.evidence')}>
      <table class="evidence">
        <thead>
          <tr>
            <th scope="col">{t('incident.what')}</th>
            <th scope="col">{t('incident.where')}</th>
            <th scope="col">{t('level')}</th>
            <th scope="col">{t('incident.recognised-by')}</th>
            <th scope="col" class="number">{t('incident.score')}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((e, n) => (
            <tr key={n}>
              <th scope="row"><mark><Raw text={e.snippet} /></mark></th>
              <td>
                {name('part', e.part)}{e.page ? `, ${t('incident.page', { n: e.page })}` : ''}
                {e.member && <span class="dim"> <Raw text={t('incident.member', { name: e.member })} /></span>}
              </td>
              <td><Level level={e.level} /></td>
              <td><code>{e.pack}/{e.rule}</code></td>
              <td class="number">{e.score ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

function why(s: TraceStep): string {
  return (language() === 'vi' ? s.why_vi : s.why) ?? '';
}

/** The rules in their order; what does not match is folded up where there is much of it. */
export function Steps({ steps }: { steps: TraceStep[] }) {
  const [all, setAll] = useState(steps.length <= 8);
  const first = steps.findIndex((s) => s.decides);
  return (
    <>
      <ol class="trace">
        {steps.map((s, n) => (all || s.matches) && (
          <li key={n} class={s.decides ? 'decides' : s.matches ? 'matches' : 'misses'} value={n + 1}>
            <Icon name={s.matches ? 'ok' : 'minus'} />
            <code>{s.name}</code>
            <span>{s.decides ? <strong>{t('trace.decides')}</strong> : s.matches
              ? t(first >= 0 && n > first ? 'trace.later' : 'trace.matched')
              : why(s)}</span>
          </li>
        ))}
      </ol>
      {!all && <button type="button" class="link" onClick={() => setAll(true)}>
        {t('trace.skipped', { n: steps.filter((s) => !s.matches).length })}</button>}
    </>
  );
}

/** Rule by rule, by the policy that was in force then. */
function Again({ trace }: { trace: Traced }) {
  if (!trace.available) return <p class="remark">{t('trace.gone', { version: trace.policy_version })}</p>;
  return (
    <>
      <Steps steps={trace.rules ?? []} />
      {trace.failures?.some((s) => s.decides) && <Steps steps={trace.failures} />}
      {!trace.rule && <p>{t('trace.default')}</p>}
      {trace.same
        ? <p class="dim"><Icon name="ok" /> {t('trace.same')}</p>
        : <p class="problem" role="note"><Icon name="warn" /> {t('trace.different', { action: name('action', trace.action ?? ''), rule: trace.rule || '–' })}</p>}
      {trace.remarks?.map((r) => <p key={r} class="dim">{name('trace.remark', r)}</p>)}
    </>
  );
}

/** From the application to what was done, one line each; then the rules, where they are known. */
export function Trace({ incident: i }: { incident: Incident }) {
  const again = useAsk<{ trace: Traced }>(`/incidents/${i.id}/trace`);
  const found = i.evidence ?? [];
  const first = found[0];
  const user = i.user || String(i.uid ?? '?');
  const read = [
    i.completeness && name('completeness', i.completeness),
    i.reasons?.length ? i.reasons.map((r) => name('reason', r)).join(', ') : '',
    i.cause && name('cause', i.cause),
    i.hold_ms ? milliseconds(i.hold_ms) : '',
  ].filter(Boolean).join('; ');
  const step = (title: string, text: ComponentChildren, last = false) => (
    <li class={last ? 'decides' : ''}><span class="step-name">{title}</span><span>{text}</span></li>
  );
  return (
    <>
      <ol class="steps">
        {step(t('step.who'), <Raw text={i.channel === 'at-rest'
          ? t('step.at-rest-text', { user })
          : t('step.who-text', { app: i.app_name || i.app || i.comm || '?', user, channel: name('channel', i.channel) })} />)}
        {step(t('step.read'), read)}
        {step(t('step.found'), <>
          <Level level={i.level} />{' '}
          {first ? <><mark><Raw text={first.snippet} /></mark> {name('part', first.part)}
            {found.length > 1 && <> {t('step.found-more', { n: found.length - 1 })}</>}</> : t('step.found-none')}
        </>)}
        {step(t('step.rule'), <><code>{i.rule || '–'}</code> {i.policy_version !== undefined &&
          t('step.rule-text', { version: String(i.policy_version), mode: i.mode ?? '' })}</>)}
        {step(t('step.result'), <Action incident={i} />, true)}
      </ol>
      <h3>{t('trace.rules')}</h3>
      <Answer asked={again}>{(a) => <Again trace={a.trace} />}</Answer>
    </>
  );
}
