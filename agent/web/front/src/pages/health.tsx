// SPDX-License-Identifier: Apache-2.0
// What runs, what is covered, what was lost: as `sealgate status` says it.
import { useAsk } from '../api';
import { milliseconds } from '../format';
import type { Health as HealthAnswer } from '../types';
import { Raw, Time } from '../ui/badges';
import { Icon } from '../ui/icons';
import { Answer, CopyButton, Facts, Heading, Section, Wide } from '../ui/parts';
import { count, language, name, t, type Key } from '../words';

function problems(h: HealthAnswer): string[] {
  const list: string[] = [];
  const s = h.supervisor;
  if (!s?.pid) list.push(t('health.p.no-supervisor'));
  else if (!s.serving) list.push(t('health.p.not-serving'));
  for (const p of s?.processes ?? []) {
    const role = p.index ? `${p.role} ${p.index}` : p.role;
    if (p.state !== 'ready') list.push(t('health.p.process', { role, state: name('health.state', p.state) }));
    else if (p.restarts > 0) list.push(t('health.p.restarted', { role, n: p.restarts }));
    if (p.role === 'scan' && !p.index && p.note?.includes('; ')) list.push(t('health.p.recognition', { why: p.note.slice(p.note.indexOf('; ') + 2) }));
  }
  for (const m of s?.coverage ?? []) {
    if (m.state === 'not covered') list.push(t('health.p.mount', { mount: m.mount, why: m.why ?? '' }));
  }
  if (s?.lineage && !s.lineage.startsWith('full')) list.push(t('health.p.lineage'));
  if (s?.accounts_missing) list.push(t('health.p.accounts'));
  if (h.policy?.file_refused) list.push(t('health.p.policy-refused', { why: h.configuration_error ?? '' }));
  if (h.rules?.files_refused) list.push(t('health.p.rules-refused'));
  if (h.watch?.note) list.push(t('health.p.watch', { why: h.watch.note }));
  const numbers: [Key, number | undefined][] = [
    ['health.p.records-lost', s?.gate?.records_lost], ['health.p.journal-lost', h.journal?.lost],
    ['health.p.overflows', h.watch?.overflows], ['health.p.crashed', h.scan?.crashed], ['health.p.timed-out', h.scan?.timed_out],
  ];
  for (const [key, n] of numbers) if (n) list.push(t(key, { n }));
  return list;
}

/** "covered", "partly" or "not covered": a mark, a word, a colour. */
function State({ state }: { state: string }) {
  const kind = state === 'not covered' ? 'bad' : state === 'partly' ? 'partly' : 'good';
  const word: Key = kind === 'bad' ? 'health.not-covered' : kind === 'partly' ? 'health.partly' : 'health.covered';
  return <span class={`state ${kind}`}><Icon name={kind === 'good' ? 'ok' : kind === 'bad' ? 'close' : 'minus'} /> {t(word)}</span>;
}

function Ways({ h }: { h: HealthAnswer }) {
  const order = ['covered', 'partly', 'not covered'];
  const list = [...(h.supervisor?.ways ?? [])].sort((a, b) => order.indexOf(b.state) - order.indexOf(a.state));
  const vi = language() === 'vi';
  return (
    <Section title={t('health.ways')}>
      <Wide label={t('health.ways')}>
        <table>
          <thead><tr><th scope="col">{t('health.area')}</th><th scope="col">{t('health.state')}</th><th scope="col">{t('health.why')}</th></tr></thead>
          <tbody>{list.map((w) => (
            <tr key={w.area}><th scope="row">{vi ? w.area_vi : w.area}</th><td><State state={w.state} /></td><td>{vi ? w.why_vi : w.why}</td></tr>
          ))}</tbody>
        </table>
      </Wide>
    </Section>
  );
}

function Processes({ h }: { h: HealthAnswer }) {
  return (
    <Section title={t('health.processes')}>
      <Wide label={t('health.processes')}>
        <table>
          <thead><tr><th scope="col">{t('health.role')}</th><th scope="col" class="number">{t('health.pid')}</th><th scope="col">{t('health.state')}</th>
            <th scope="col" class="number">{t('health.restarts')}</th><th scope="col">{t('health.note')}</th></tr></thead>
          <tbody>{(h.supervisor?.processes ?? []).map((p) => (
            <tr key={`${p.role}${p.index}`}>
              <th scope="row">{p.role}{p.index ? ` ${p.index}` : ''}</th>
              <td class="number">{p.pid}</td>
              <td><span class={`state ${p.state === 'ready' ? 'good' : 'bad'}`}><Icon name={p.state === 'ready' ? 'ok' : 'warn'} /> {name('health.state', p.state)}</span></td>
              <td class="number">{count(p.restarts)}</td>
              <td><Raw text={p.last_error || p.note} /></td>
            </tr>
          ))}</tbody>
        </table>
      </Wide>
    </Section>
  );
}

export function Health() {
  const asked = useAsk<HealthAnswer>('/health');
  return (
    <>
      <Heading extra={<button type="button" onClick={asked.again}>{t('app.refresh')}</button>}>{t('health.title')}</Heading>
      <Answer asked={asked}>{(h) => {
        const s = h.supervisor;
        const trouble = problems(h);
        return (
          <>
            <Section title={t('health.problems')} class={trouble.length ? 'todo' : ''}>
              {trouble.length === 0
                ? <p class="good"><Icon name="ok" /> {t('health.fine')}</p>
                : <ul class="troubles">{trouble.map((p) => <li key={p}><Icon name="warn" /> <span><Raw text={p} /></span></li>)}</ul>}
            </Section>
            <div class="columns even">
              <Section title={t('health.agent')}>
                <p class={s?.serving ? 'good' : 'bad'}><Icon name={s?.serving ? 'ok' : 'warn'} /> <strong>{t(s?.serving ? 'overview.protecting' : 'overview.not-protecting')}</strong></p>
                <Facts rows={[
                  [t('health.version'), h.version],
                  [t('health.since'), <Time time={h.started} />],
                  [t('health.policy'), h.policy && `${h.policy.version ?? ''}, ${h.policy.mode ?? ''}`],
                  [t('health.rules'), h.rules && t('health.rules-count', { packs: h.rules.packs ?? 0, rules: h.rules.rules ?? 0 })],
                  [t('health.kernel'), s?.engine && `${s.engine.name ?? ''}, Linux ${s.engine.kernel ?? ''}`],
                ]} />
              </Section>
              <Section title={t('health.gate')}>
                <Facts rows={[
                  [t('health.gated'), count(s?.gate?.gated ?? 0)],
                  [t('health.held'), count(s?.gate?.held ?? 0)],
                  [t('health.denied'), count(s?.gate?.denied ?? 0)],
                  [t('health.slowest'), s?.gate?.max_ms?.held !== undefined && milliseconds(s.gate.max_ms.held)],
                ]} />
              </Section>
              <Section title={t('health.watch')}>
                <Facts rows={[
                  [t('health.files-seen'), count(h.watch?.files_seen ?? 0)],
                  [t('health.directories'), count(h.watch?.directories ?? 0)],
                  [t('health.known'), count(h.store?.files ?? 0)],
                  [t('health.crawl'), t(h.watch?.crawl_complete ? 'health.crawl-done' : 'health.crawl-going')],
                ]} />
              </Section>
              <Section title={t('health.journal')}>
                <Facts rows={[
                  [t('health.incidents'), count(h.journal?.incidents ?? 0)],
                  [t('health.last-record'), count(h.journal?.last_seq ?? 0)],
                  [t('health.lost'), count(h.journal?.lost ?? 0)],
                ]} />
              </Section>
            </div>
            <Section title={t('health.coverage')}>
              <Wide label={t('health.coverage')}>
                <table>
                  <thead><tr><th scope="col">{t('health.mount')}</th><th scope="col">{t('health.type')}</th><th scope="col">{t('health.state')}</th><th scope="col">{t('health.why')}</th></tr></thead>
                  <tbody>{(s?.coverage ?? []).map((m) => (
                    <tr key={m.mount}><th scope="row"><code><Raw text={m.mount} /></code></th><td>{m.type}</td>
                      <td><State state={m.state} /></td><td><Raw text={m.why} /></td></tr>
                  ))}</tbody>
                </table>
              </Wide>
            </Section>
            <Ways h={h} />
            <Processes h={h} />
            <details class="panel">
              <summary>{t('health.whole')}</summary>
              <p><CopyButton text={JSON.stringify(h, null, 2)} /></p>
              <pre class="yaml" tabIndex={0}>{JSON.stringify(h, null, 2)}</pre>
            </details>
          </>
        );
      }}</Answer>
    </>
  );
}
