// SPDX-License-Identifier: Apache-2.0
// The list: filters in the address, rows by keyboard, many at once with a report.
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { announce } from '../announce';
import { asError, get, useAsk } from '../api';
import { baseName, folder } from '../format';
import { useKeys } from '../keys';
import { href, usePlace } from '../router';
import { may, useSession } from '../session';
import { LEVELS, STATUSES, type Group, type Incident, type Listing, type Mark, type Status } from '../types';
import { Action, Level, Raw, StatusBadge, Time } from '../ui/badges';
import { MarkDialog, useMarking } from '../ui/mark';
import { Answer, Empty, Heading } from '../ui/parts';
import { count, name, t } from '../words';
import { Cell, Filters } from './filters';
import { ask, isFiltered, PAGE, withCondition, withValue, type Field } from './query';

/** As many as are marked at once. */
const SELECT_MAX = 1000;
export const STATUS_KEYS: Record<string, Status> = {
  p: 'in-progress', c: 'confirmed', r: 'resolved', f: 'false-positive', d: 'ignored',
};
/** Where a page was come from, for "previous": a cursor only goes forward. */
const before = new Map<string, string>();

async function allOf(q: URLSearchParams): Promise<string[]> {
  const ids: string[] = [];
  const flat = new URLSearchParams(q);
  flat.delete('group');
  flat.delete('after');
  for (;;) {
    const page = await get<Listing>(ask(flat, 200));
    for (const i of page.incidents ?? []) ids.push(i.id);
    if (!page.next || ids.length >= SELECT_MAX) break;
    flat.set('after', page.next);
  }
  if (ids.length > SELECT_MAX) announce(t('incidents.select-most', { n: SELECT_MAX }));
  return ids.slice(0, SELECT_MAX);
}

function Bulk({ n, busy, run, more, none }:
  { n: number; busy: boolean; run: (m: Mark) => void; more: () => void; none: () => void }) {
  return (
    <div class="bulk" role="group" aria-label={t('mark.title')}>
      <strong role="status">{t('incidents.selected', { n })}</strong>
      {STATUSES.filter((s) => s !== 'new').map((s) => (
        <button key={s} type="button" disabled={busy} onClick={() => run({ status: s })}>{name('status', s)}</button>
      ))}
      <button type="button" disabled={busy} onClick={more}>{t('mark.more')}</button>
      <button type="button" class="link" onClick={none}>{t('incidents.select-none')}</button>
      {busy && <span role="status">{t('mark.working')}</span>}
    </div>
  );
}

function Row({ i, q, at, current, selected, marks, choose, toggle }:
  { i: Incident; q: URLSearchParams; at: number; current: boolean; selected: boolean; marks: boolean; choose: () => void; toggle: () => void }) {
  const cell = (field: Field, value: string | undefined, shown: preact.ComponentChildren) =>
    <Cell q={q} field={field} value={value} reachable={current}>{shown}</Cell>;
  const file = baseName(i.path);
  return (
    <tr role="row" class={`${current ? 'current' : ''}${selected ? ' selected' : ''}`} data-row={at} onClick={choose} onFocusCapture={choose}>
      {marks && (
        <td role="cell" class="c-select">
          <input type="checkbox" checked={selected} tabIndex={current ? 0 : -1} aria-label={t('incidents.select', { id: i.id })} onChange={toggle} />
        </td>
      )}
      <td role="cell" class="c-time"><Time time={i.time} />{i.retries ? <span class="again">{t('time.again', { n: i.retries })}</span> : null}</td>
      <td role="cell" class="c-level">{cell('level', i.level, <Level level={i.level} />)}{cell('action', i.action, <Action incident={i} />)}</td>
      <th role="rowheader" scope="row" class="c-file">
        <a href={`/incidents/${i.id}`} tabIndex={current ? 0 : -1} class="file"><Raw text={file || i.id} /></a>
        <span class="dim folder"><Raw text={folder(i.path)} />{i.files?.length ? ` +${i.files.length}` : ''}</span>
      </th>
      <td role="cell" class="c-who">{cell('app', i.app, <Raw text={i.app_name || i.app} />)}{cell('user', i.user || String(i.uid ?? ''), <Raw text={i.user || String(i.uid ?? '')} />)}</td>
      <td role="cell" class="c-rule">{cell('rule', i.rule, <Raw text={i.rule} />)}{cell('channel', i.channel, name('channel', i.channel))}</td>
      <td role="cell" class="c-status">
        {cell('status', i.status || 'new', <StatusBadge status={i.status} />)}
        {i.assignee && cell('assignee', i.assignee, <Raw text={i.assignee} />)}
        {i.labels?.map((l) => <span key={l}>{cell('tag', l, <span class="tag"><Raw text={l} /></span>)}</span>)}
      </td>
    </tr>
  );
}

function GroupRow({ g, field, q, at, current, selected, marks, choose, toggle }:
  { g: Group; field: Field; q: URLSearchParams; at: number; current: boolean; selected: boolean; marks: boolean; choose: () => void; toggle: () => void }) {
  const to = withCondition(withValue(q, 'group', ''), { field, value: g.key, not: false });
  return (
    <tr role="row" class={`${current ? 'current' : ''}${selected ? ' selected' : ''}`} data-row={at} onClick={choose} onFocusCapture={choose}>
      {marks && (
        <td role="cell" class="c-select">
          <input type="checkbox" checked={selected} tabIndex={current ? 0 : -1} aria-label={t('incidents.select-group', { key: g.key })} onChange={toggle} />
        </td>
      )}
      <th role="rowheader" scope="row" class="c-file">
        <a href={href('/incidents', to)} tabIndex={current ? 0 : -1} class="file" title={t('incidents.open-group', { n: g.count, key: g.key })}>
          <Raw text={field === 'file' ? baseName(g.key) || g.key : g.name || g.key || '–'} /></a>
        {field === 'file' && <span class="dim folder"><Raw text={folder(g.key)} /></span>}
      </th>
      <td role="cell" class="number">{count(g.count)}</td>
      <td role="cell" class="number">{count(g.open)}</td>
      <td role="cell" class="levels">
        {[...LEVELS].reverse().filter((l) => g.levels?.[l]).map((l) => <span key={l}><Level level={l} /> {count(g.levels[l]!)}</span>)}
      </td>
      <td role="cell" class="c-time"><Time time={g.last} /></td>
    </tr>
  );
}

function Pager({ q, next }: { q: URLSearchParams; next: string | null | undefined }) {
  const here = q.toString();
  const after = q.get('after');
  const forward = next ? new URLSearchParams(q) : null;
  forward?.set('after', next!);
  const back = before.get(here);
  return (
    <nav class="pager" aria-label={t('incidents.title')}>
      {after && <a href={href('/incidents', withValue(q, 'after', ''))}>{t('incidents.first')}</a>}
      {after && back !== undefined && <a href={`/incidents?${back}`}>{t('incidents.previous')}</a>}
      {forward && <a href={href('/incidents', forward)} onClick={() => before.set(forward.toString(), here)}>{t('incidents.next')}</a>}
    </nav>
  );
}

export function Incidents() {
  const { query: q } = usePlace();
  const session = useSession();
  const marks = may(session, 'reviewer');
  const group = q.get('group') as Field | null;
  const asked = useAsk<Listing>(useMemo(() => ask(q), [q.toString()]));
  const [at, setAt] = useState(0);
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [dialog, setDialog] = useState(false);
  const body = useRef<HTMLTableSectionElement>(null);
  const rows: (Incident | Group)[] = (group ? asked.data?.groups : asked.data?.incidents) ?? [];
  const keyOf = (r: Incident | Group) => ('id' in r ? r.id : r.key);
  useLayoutEffect(() => {
    setAt(0);
    setSelected(new Set());
    // "To the list", on an incident's page, comes back to this view.
    sessionStorage.setItem('sealgate.list', href('/incidents', q));
  }, [q.toString()]);

  const marking = useMarking((r) => {
    if (r.failed.length === 0) setSelected(new Set());
    else setSelected(new Set(r.failed.map((f) => f.id)));
    asked.again();
  });
  /** What a deed is about: what is selected, else the row. Groups stand for their incidents. */
  const ids = async (): Promise<string[]> => {
    const keys = selected.size > 0 ? [...selected] : rows[at] ? [keyOf(rows[at]!)] : [];
    if (!group) return keys;
    const all = await Promise.all(keys.map((key) => allOf(withCondition(q, { field: group, value: key, not: false }))));
    return [...new Set(all.flat())].slice(0, SELECT_MAX);
  };
  const run = async (m: Mark) => {
    if (!marks) return;
    try {
      await marking.run(await ids(), { ...m, seen: asked.data?.seen });
    } catch (e) {
      announce(asError(e).text(), true);
    }
  };
  const move = (by: number) => {
    const to = Math.max(0, Math.min(rows.length - 1, at + by));
    setAt(to);
    body.current?.querySelector<HTMLElement>(`[data-row="${to}"] th a`)?.focus();
  };
  const toggle = (n: number) => {
    const key = rows[n] && keyOf(rows[n]!);
    if (key === undefined) return;
    const to = new Set(selected);
    if (!to.delete(key)) to.add(key);
    setSelected(to);
  };
  useKeys({
    j: () => move(body.current?.contains(document.activeElement) ? 1 : 0),
    k: () => move(-1),
    x: () => marks && toggle(at),
    n: () => marks && rows.length > 0 && setDialog(true),
    Enter: () => {
      body.current?.querySelector<HTMLElement>(`[data-row="${at}"] th a`)?.click();
    },
    ...(marks ? Object.fromEntries(Object.entries(STATUS_KEYS).map(([key, status]) => [key, () => { void run({ status }); }])) : {}),
  });

  const all = rows.length > 0 && rows.every((r) => selected.has(keyOf(r)));
  const total = asked.data?.total ?? 0;
  const numbers: string[] = [t('incidents.count'), t('incidents.unreviewed')];
  const head = (words: string[]) => (
    <thead role="rowgroup">
      <tr role="row">
        {marks && (
          <th role="columnheader" scope="col" class="c-select">
            <input type="checkbox" checked={all} aria-label={t('incidents.select-page')}
              onChange={() => setSelected(all ? new Set() : new Set(rows.map(keyOf)))} />
          </th>
        )}
        {words.map((w) => <th role="columnheader" scope="col" key={w} class={numbers.includes(w) ? 'number' : ''}>{w}</th>)}
      </tr>
    </thead>
  );
  return (
    <>
      <Heading extra={asked.data && <p class="dim" role="status">{t(group ? 'incidents.total-groups' : 'incidents.total', { n: total })}</p>}>{t('incidents.title')}</Heading>
      <Filters q={q} />
      {marking.shown}
      <Answer asked={asked}>{(data) => (
        <>
          {(group ? data.groups : data.incidents)?.length === 0 && (isFiltered(q)
            ? <Empty title={t('incidents.empty')}>{t('incidents.empty-how')}</Empty>
            : <Empty title={t('incidents.none-yet')}>{t('incidents.none-yet-how')}</Empty>)}
          {rows.length > 0 && (
            <table role="table" class={`rows ${group ? 'grouped' : 'incidents'}`} aria-label={group ? t('incidents.groups') : t('incidents.table')}>
              {group
                ? head([t(`field.${group}` as 'field.file'), t('incidents.count'), t('incidents.unreviewed'), t('incidents.levels'), t('time.last')])
                : head([t('time.at'), t('level'), t('field.file'), t('field.app'), t('field.rule'), t('status')])}
              <tbody role="rowgroup" ref={body}>
                {rows.map((r, n) => {
                  const common = {
                    q, at: n, current: n === at, selected: selected.has(keyOf(r)), marks,
                    choose: () => setAt(n), toggle: () => toggle(n),
                  };
                  return 'id' in r
                    ? <Row key={r.id} i={r} {...common} />
                    : <GroupRow key={r.key} g={r} field={group!} {...common} />;
                })}
              </tbody>
            </table>
          )}
          {marks && selected.size > 0 && (
            <Bulk n={selected.size} busy={marking.busy} run={(m) => { void run(m); }} more={() => setDialog(true)}
              none={() => setSelected(new Set())} />
          )}
          {marks && all && !group && total > rows.length && selected.size < total && (
            <p><button type="button" class="link" onClick={() => {
              allOf(q).then((l) => setSelected(new Set(l))).catch((e) => announce(asError(e).text(), true));
            }}>{t('incidents.select-all', { n: Math.min(total, SELECT_MAX) })}</button></p>
          )}
          {(total > PAGE || q.get('after')) && <Pager q={q} next={asked.data?.next} />}
        </>
      )}</Answer>
      {dialog && <MarkDialog n={selected.size || 1} onClose={() => setDialog(false)} onMark={(m) => {
        setDialog(false);
        void run(m);
      }} />}
    </>
  );
}
