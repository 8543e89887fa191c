// SPDX-License-Identifier: Apache-2.0
// What another policy would change: in words, and over what has happened.
import { useState } from 'preact/hooks';
import { asError, post, type ApiError } from '../api';
import { baseName } from '../format';
import type { Difference, Effects, PolicyFile, Simulation } from '../types';
import { Raw, Time } from '../ui/badges';
import { Icon } from '../ui/icons';
import { Progress, useJob } from '../ui/job';
import { Field, Problem, Section, Wide } from '../ui/parts';
import { count, language, name, t } from '../words';

export function Compare({ files, looked, fresh }: { files: PolicyFile[]; looked: () => void; fresh: boolean }) {
  const [d, setD] = useState<Difference>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const changes = d?.changes?.map((c) => t('policy.change', {
    what: c.text, before: c.before ? name('action', c.before.action) : '?', after: c.after ? name('action', c.after.action) : '?',
  }));
  const lines = (language() === 'vi' ? d?.lines_vi : d?.lines_en) ?? changes ?? [];
  return (
    <Section title={t('policy.diff')}>
      <button type="button" disabled={busy} onClick={() => {
        setBusy(true);
        setError(undefined);
        post<Difference>('/policy/diff', { files })
          .then((r) => { setD(r); looked(); })
          .catch((e) => { setD(undefined); setError(asError(e)); })
          .finally(() => setBusy(false));
      }}>{t('policy.diff')}</button>
      {error && <Problem error={error} />}
      <div aria-live="polite" class={fresh ? '' : 'stale'}>
        {d && fresh && (
          <>
            {d.weaker && <p class="bad"><Icon name="warn" /> {t('policy.diff-weaker')}</p>}
            {d.same || lines.length === 0
              ? <p>{t('policy.diff-none')}</p>
              : <ul class="diff">{lines.map((l, n) => <li key={n}><Raw text={l} /></li>)}</ul>}
            {d.cut && <p class="dim">{t('policy.diff-cut')}</p>}
          </>
        )}
      </div>
    </Section>
  );
}

function By({ title, rows }: { title: string; rows: Effects[] | undefined }) {
  const list = (rows ?? []).filter((r) => r.new_block || r.vanished_block || r.other);
  if (list.length === 0) return null;
  return (
    <Wide label={title}>
      <table>
        <thead><tr><th scope="col">{title}</th><th scope="col" class="number">{t('policy.new-blocks')}</th>
          <th scope="col" class="number">{t('policy.gone-blocks')}</th><th scope="col" class="number">{t('policy.other')}</th></tr></thead>
        <tbody>{list.map((r) => (
          <tr key={r.name}><th scope="row"><Raw text={r.name} /></th><td class="number">{count(r.new_block)}</td>
            <td class="number">{count(r.vanished_block)}</td><td class="number">{count(r.other)}</td></tr>
        ))}</tbody>
      </table>
    </Wide>
  );
}

function Result({ s, days }: { s: Simulation; days: number }) {
  const o = s.opens;
  const none = o.same + o.new_block + o.vanished_block + o.other === 0 && !s.at_rest;
  if (none) return <p>{t('policy.simulate-none', { n: days })}</p>;
  const tile = (n: number, words: string, kind: string) => <li class={`tile small ${kind}`}><div><span class="figure">{count(n)}</span><span>{words}</span></div></li>;
  return (
    <>
      <ul class="tiles">
        {tile(o.new_block, t('policy.new-blocks'), o.new_block ? 'more' : '')}
        {tile(o.vanished_block, t('policy.gone-blocks'), o.vanished_block ? 'less' : '')}
        {tile(o.other, t('policy.other'), '')}
        {tile(o.same, t('policy.same'), '')}
      </ul>
      {!!s.examples?.length && (
        <>
          <h3>{t('policy.examples')}</h3>
          <ul class="examples">{s.examples.map((x) => (
            <li key={x.id}><a href={`/incidents/${x.id}`}><Raw text={baseName(x.path) || x.id} /></a> <span class="dim"><Time time={x.time} />{' '}
              <Raw text={`${x.app}, ${x.user || '?'}`} /></span><br />
              {name('action', x.action)} <span class="dim">({x.rule || '–'})</span> → <strong>{name('action', x.new_action)}</strong> <span class="dim">({x.new_rule})</span></li>
          ))}</ul>
        </>
      )}
      <By title={t('policy.by-rule')} rows={s.rule} />
      <By title={t('policy.by-app')} rows={s.app} />
      <By title={t('policy.by-user')} rows={s.user} />
      <By title={t('policy.by-unit')} rows={s.unit} />
      {s.at_rest && <p>{t('policy.at-rest', { documents: s.at_rest.documents, more: s.at_rest.new_finding, less: s.at_rest.vanished_finding })}</p>}
      <p class="hint">{t('policy.recorded-only')}</p>
    </>
  );
}

export function Simulate({ files }: { files: PolicyFile[] }) {
  const [days, setDays] = useState(14);
  const [of, setOf] = useState<PolicyFile[]>();
  const work = useJob<Simulation>();
  return (
    <Section title={t('policy.simulate')}>
      <form class="row" onSubmit={(e) => {
        e.preventDefault();
        setOf(files);
        work.run('/policy/simulate', { files, days });
      }}>
        <Field label={t('policy.simulate-days')}>
          <input type="number" min={1} max={365} value={days} onInput={(e) => setDays(Number(e.currentTarget.value))} />
        </Field>
        <button type="submit" disabled={work.busy}>{t('policy.simulate-button')}</button>
      </form>
      <div aria-live="polite">
        <Progress work={work} some={t('policy.simulating-some')} />
        {work.job?.state === 'done' && work.job.result && of === files && <Result s={work.job.result} days={days} />}
      </div>
    </Section>
  );
}
