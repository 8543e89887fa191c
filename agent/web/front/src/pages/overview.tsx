// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { useAsk } from '../api';
import { percent } from '../format';
import { navigate, usePlace } from '../router';
import { may, useSession } from '../session';
import { LEVELS, type Health, type Overview } from '../types';
import { Level, Raw, Time } from '../ui/badges';
import { Days, Share } from '../ui/chart';
import { Icon } from '../ui/icons';
import { Progress, useJob } from '../ui/job';
import { Answer, Empty, Field, Heading, Problem, Section, Wide } from '../ui/parts';
import { count, language, t } from '../words';

const RANGES = [7, 30, 90];

function Tile({ n, words, to, strong }: { n: string; words: string; to?: string; strong?: boolean }) {
  const inside = <><span class="figure">{n}</span><span>{words}</span></>;
  return <li class={`tile${strong ? ' strong' : ''}`}>{to ? <a href={to}>{inside}</a> : <div>{inside}</div>}</li>;
}

function Tiles({ o, days, links }: { o: Overview; days: number; links: boolean }) {
  const sum = (f: (d: Overview['days'][number]) => number) => o.days.reduce((n, d) => n + (f(d) || 0), 0);
  const judged = ['confirmed', 'resolved', 'false-positive', 'ignored'].reduce((n, s) => n + (o.status[s] ?? 0), 0);
  const wrong = o.status['false-positive'] ?? 0;
  const to = (q: string) => (links ? `/incidents?${q}` : undefined);
  return (
    <ul class="tiles">
      <Tile n={count(o.status.new ?? 0)} words={t('overview.new')} to={to('status=new')} strong={(o.status.new ?? 0) > 0} />
      <Tile n={count(o.status['in-progress'] ?? 0)} words={t('overview.open')} to={to('status=in-progress')} />
      <Tile n={count(sum((d) => d.block + (d.quarantine ?? 0)))} words={t('overview.blocked', { n: days })} to={to(`action=block&since=${days}d`)} />
      <Tile n={count(sum((d) => d.justify + d.notify + d.log))} words={t('overview.recorded', { n: days })}
        to={to(`action=log&action=notify&action=justify&since=${days}d`)} />
      <Tile n={percent(wrong, judged)} words={t('overview.false')} to={to('status=false-positive')} />
    </ul>
  );
}

function Top({ title, rows, to }: { title: string; rows: { key: string; shown: string; n: number; more?: string; to?: string | undefined }[]; to: ((key: string) => string) | null }) {
  const most = Math.max(0, ...rows.map((r) => r.n));
  const more = rows.some((r) => r.more !== undefined);
  return (
    <Section title={title}>
      {rows.length === 0 ? <p class="dim">{t('app.none')}</p> : (
        <Wide label={title}>
          <table class="top-table">
            <thead><tr><th scope="col">{t('app.name-column')}</th><th scope="col" class="number">{t('app.count-column')}</th>
              {more && <th scope="col" class="number">{t('overview.false-rate')}</th>}</tr></thead>
            <tbody>{rows.map((r) => (
              <tr key={r.key}>
                <th scope="row">{to ? <a href={r.to ?? to(r.key)}><Raw text={r.shown} /></a> : <Raw text={r.shown} />}<Share n={r.n} most={most} /></th>
                <td class="number">{count(r.n)}</td>
                {more && <td class="number">{r.more}</td>}
              </tr>
            ))}</tbody>
          </table>
        </Wide>
      )}
    </Section>
  );
}

/** Whether the chain was walked, when, up to where, and who signed it; and again on request. */
function Verified({ j, again }: { j: NonNullable<Overview['journal']>; again: () => void }) {
  const work = useJob<{ valid: boolean }>();
  const links = may(useSession(), 'reviewer', 'auditor');
  const key = j.key && `${j.key.slice(0, 16)}…`;
  return (
    <>
      <p class={j.verified === false ? 'bad' : j.verified ? 'good' : 'dim'}>
        {typeof j.verified === 'boolean' && <Icon name={j.verified ? 'ok' : 'warn'} />}{' '}
        {t(j.verified === false ? 'overview.not-verified' : j.verified ? 'overview.verified' : 'overview.unverified')}
      </p>
      {j.verified_at && <p class="dim">{t('overview.verified-at', { seq: j.verified_seq ?? 0 })} <Time time={j.verified_at} /></p>}
      {j.sealed_seq !== undefined && <p class="dim">{t('overview.sealed', { seq: j.sealed_seq })} <code title={j.key}>{key}</code></p>}
      {links && <p><button type="button" disabled={work.busy} onClick={() => work.run('/journal/verify', {}, again)}>{t('overview.verify-now')}</button></p>}
      <Progress work={work} some={t('overview.verifying')} />
    </>
  );
}

function Protection({ o, again }: { o: Overview; again: () => void }) {
  const health = useAsk<Health>('/health');
  const h = health.data;
  const s = h?.supervisor;
  const mounts = s?.coverage ?? [];
  const covered = mounts.filter((m) => m.state !== 'not covered').length;
  const j = o.journal;
  return (
    <Section title={t('overview.protection')}>
      {health.error && <Problem error={health.error} again={health.again} />}
      {h && <p class={s?.serving ? 'good' : 'bad'}><Icon name={s?.serving ? 'ok' : 'warn'} /> <strong>{t(s?.serving ? 'overview.protecting' : 'overview.not-protecting')}</strong></p>}
      {mounts.length > 0 && <p class={covered < mounts.length ? 'bad' : ''}>{t('overview.covered', { n: covered, total: mounts.length })}</p>}
      {h?.policy?.version !== undefined && <p>{t('overview.policy', { version: String(h.policy.version), mode: h.policy.mode ?? '' })}</p>}
      {j && (
        <>
          <h3>{t('overview.journal')}</h3>
          <p>{t('overview.records', { n: j.records ?? 0 })}; <span class={j.gaps ? 'bad' : ''}>{j.gaps ? t('overview.gaps', { n: j.gaps }) : t('overview.no-gaps')}</span></p>
          {!!j.unread && <p class="bad"><Icon name="warn" /> {t('overview.unread', { n: j.unread })}</p>}
          <Verified j={j} again={again} />
          {j.last_checkpoint
            ? <p>{t('overview.checkpoint', { time: '' })}<Time time={j.last_checkpoint} /></p>
            : <p class="dim">{t('overview.no-checkpoint')}</p>}
        </>
      )}
      <p><a href="/health">{t('nav.health')}</a></p>
    </Section>
  );
}

function Report({ days }: { days: number }) {
  const day = (back: number) => new Date(Date.now() - back * 86400000).toISOString().slice(0, 10);
  const [from, setFrom] = useState(day(days));
  const [to, setTo] = useState(day(0));
  const [unit, setUnit] = useState('');
  const address = (format: string) => {
    const q = new URLSearchParams({ format, lang: language() });
    if (from) q.set('from', `${from}T00:00:00Z`);
    if (to) q.set('to', `${to}T23:59:59Z`);
    if (unit.trim()) q.set('unit', unit.trim());
    return `/api/report?${q}`;
  };
  return (
    <Section title={t('overview.report')}>
      <p class="hint">{t('overview.report-how')}</p>
      <div class="row">
        <Field label={t('field.from')}><input type="date" value={from} onInput={(e) => setFrom(e.currentTarget.value)} /></Field>
        <Field label={t('field.to')}><input type="date" value={to} onInput={(e) => setTo(e.currentTarget.value)} /></Field>
        <Field label={t('overview.unit')}><input value={unit} onInput={(e) => setUnit(e.currentTarget.value)} /></Field>
      </div>
      <p class="buttons">
        <a class="button" href={address('html')} download="sealgate-report.html">{t('overview.html')}</a>
        <a class="button" href={address('csv')} download="sealgate-report.csv">{t('overview.csv')}</a>
      </p>
    </Section>
  );
}

export function OverviewPage() {
  const session = useSession();
  const { query } = usePlace();
  const days = RANGES.includes(Number(query.get('days'))) ? Number(query.get('days')) : 30;
  const asked = useAsk<Overview>(`/overview?days=${days}`);
  const links = may(session, 'reviewer', 'auditor');
  const to = (key: string) => (links ? (value: string) => `/incidents?${new URLSearchParams({ [key]: value, since: `${days}d` })}` : null);
  return (
    <>
      <Heading extra={
        <Field label={t('overview.range')} class="inline">
          <select value={days} onChange={(e) => navigate(`/?days=${e.currentTarget.value}`)}>
            {RANGES.map((n) => <option key={n} value={n}>{t('overview.days', { n })}</option>)}
          </select>
        </Field>
      }>{t('overview.title')}</Heading>
      <Answer asked={asked}>{(o) => {
        const any = o.days.some((d) => d.block + d.justify + d.notify + d.log > 0);
        return (
          <>
            <Tiles o={o} days={days} links={links} />
            <div class="columns">
              <div>
                <Section title={t('overview.by-day')}>
                  {any ? <Days days={o.days} /> : <Empty title={t('overview.empty', { n: days })} />}
                </Section>
                <div class="columns even">
                  <Top title={t('overview.by-app')} to={to('app')} rows={o.apps.map((a) => ({
                    key: a.app, shown: a.name || a.app || t('overview.no-app'), n: a.count, to: a.app ? undefined : `/incidents?channel=at-rest&since=${days}d`,
                  }))} />
                  <Top title={t('overview.by-rule')} to={to('rule')} rows={o.rules.map((r) => ({
                    key: r.rule, shown: r.rule, n: r.count, more: percent(r.false_positive, r.judged ?? r.count),
                  }))} />
                </div>
              </div>
              <div>
                <Protection o={o} again={asked.again} />
                <Section title={t('overview.by-level')}>
                  <ul class="level-list">
                    {[...LEVELS].reverse().map((l) => (
                      <li key={l}>
                        {links ? <a href={`/incidents?level=${l}&since=${days}d`}><Level level={l} /></a> : <Level level={l} />}
                        <span class="number">{count(o.levels[l] ?? 0)}</span>
                      </li>
                    ))}
                  </ul>
                </Section>
                {links && <Report days={days} key={days} />}
              </div>
            </div>
          </>
        );
      }}</Answer>
    </>
  );
}
