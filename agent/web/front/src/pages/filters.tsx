// SPDX-License-Identifier: Apache-2.0
// What the list is narrowed by: the search, the choices, the chips, the saved views.
import { useEffect, useRef, useState } from 'preact/hooks';
import { keep, kept } from '../keep';
import { useKeys } from '../keys';
import { href, navigate } from '../router';
import { ACTIONS, LEVELS, STATUSES } from '../types';
import { Icon } from '../ui/icons';
import { Field } from '../ui/parts';
import { name, t, type Key } from '../words';
import { conditions, fieldName, GROUPS, isFiltered, SINCE, SORTS, valueName, withCondition, withoutCondition, withValue,
  type Condition, type Field as FieldName } from './query';

const go = (q: URLSearchParams) => navigate(href('/incidents', q));

function Chips({ q }: { q: URLSearchParams }) {
  const chip = (text: string, to: URLSearchParams, not = false) => (
    <li key={text}>
      <span class={`chip${not ? ' not' : ''}`}>
        <bdi>{text}</bdi>
        <button type="button" class="plain" aria-label={t('incidents.remove', { what: text })} onClick={() => go(to)}>
          <Icon name="close" />
        </button>
      </span>
    </li>
  );
  const extra = (['q', 'from', 'to'] as const).filter((k) => q.get(k));
  const since = q.get('since');
  if (!isFiltered(q)) return null;
  return (
    <div class="chips">
      <span id="chips-label">{t('incidents.chips')}</span>
      <ul aria-labelledby="chips-label">
        {extra.map((k) => chip(t('incidents.is', { field: t(`field.${k}`), value: q.get(k)! }), withValue(q, k, '')))}
        {since && chip(t('incidents.is', { field: t('field.since'), value: name('incidents.since', since) }), withValue(q, 'since', ''))}
        {conditions(q).map((c) => chip(
          t(c.not ? 'incidents.is-not' : 'incidents.is', { field: fieldName(c.field), value: valueName(c.field, c.value) }),
          withoutCondition(q, c), c.not))}
      </ul>
      <button type="button" class="link" onClick={() => {
        const to = new URLSearchParams();
        for (const k of ['group', 'sort']) if (q.get(k)) to.set(k, q.get(k)!);
        go(to);
      }}>{t('incidents.clear')}</button>
    </div>
  );
}

type Views = Record<string, string>;
const VIEWS_MAX = 50;

function loadViews(): Views {
  try {
    const v: unknown = JSON.parse(kept('views') ?? '{}');
    return v && typeof v === 'object' ? (v as Views) : {};
  } catch {
    return {};
  }
}

function SavedViews({ q }: { q: URLSearchParams }) {
  const [views, set] = useState(loadViews);
  const [title, setTitle] = useState('');
  const store = (v: Views) => {
    keep('views', JSON.stringify(v));
    set(v);
  };
  const names = Object.keys(views).sort((a, b) => a.localeCompare(b, 'vi'));
  return (
    <details class="views">
      <summary>{t('incidents.views')}</summary>
      <div class="pop">
        {names.length === 0 && <p class="dim">{t('incidents.no-views')}</p>}
        <ul>
          {names.map((n) => (
            <li key={n}>
              <a href={`/incidents?${views[n]}`}>{n}</a>
              <button type="button" class="plain" aria-label={t('incidents.delete-view', { name: n })} onClick={() => {
                const { [n]: _, ...rest } = views;
                store(rest);
              }}><Icon name="close" /></button>
            </li>
          ))}
        </ul>
        <form onSubmit={(e) => {
          e.preventDefault();
          if (!title.trim() || names.length >= VIEWS_MAX) return;
          const kept = new URLSearchParams(q);
          kept.delete('after');
          store({ ...views, [title.trim()]: kept.toString() });
          setTitle('');
        }}>
          <Field label={t('incidents.view-name')}>
            <input value={title} maxLength={60} onInput={(e) => setTitle(e.currentTarget.value)} />
          </Field>
          <button type="submit">{t('incidents.save-view')}</button>
        </form>
      </div>
    </details>
  );
}

/** One value at a time from a list; more of them by clicking on cells. */
function Choice({ q, field, values }: { q: URLSearchParams; field: FieldName; values: readonly string[] }) {
  const chosen = conditions(q).filter((c) => c.field === field && !c.not);
  return (
    <Field label={fieldName(field)}>
      <select value={chosen.length === 1 ? chosen[0]!.value : ''} onChange={(e) => {
        let to = q;
        for (const c of chosen) to = withoutCondition(to, c);
        if (e.currentTarget.value) to = withCondition(to, { field, value: e.currentTarget.value, not: false });
        go(to);
      }}>
        <option value="">{t('app.all')}</option>
        {values.map((v) => <option key={v} value={v}>{valueName(field, v)}</option>)}
      </select>
    </Field>
  );
}

export function Filters({ q }: { q: URLSearchParams }) {
  const search = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(q.get('q') ?? '');
  useEffect(() => setText(q.get('q') ?? ''), [q.get('q')]);
  useKeys({ '/': () => search.current?.focus() });
  return (
    <section class="filters" aria-label={t('incidents.filters')}>
      <div class="filter-row">
        <form class="search" role="search" onSubmit={(e) => { e.preventDefault(); go(withValue(q, 'q', text.trim())); }}>
          <Field label={t('incidents.search')}>
            <input ref={search} type="search" value={text} onInput={(e) => setText(e.currentTarget.value)}
              onKeyDown={(e) => { if (e.key === 'Escape') e.currentTarget.blur(); }} />
          </Field>
          <button type="submit">{t('incidents.search-button')}</button>
        </form>
        <Choice q={q} field="status" values={STATUSES} />
        <Choice q={q} field="level" values={[...LEVELS].reverse()} />
        <Choice q={q} field="action" values={ACTIONS} />
        <Field label={t('incidents.since')}>
          <select value={q.get('since') ?? 'all'} onChange={(e) => go(withValue(q, 'since', e.currentTarget.value === 'all' ? '' : e.currentTarget.value))}>
            {SINCE.map((s) => <option key={s} value={s}>{t(`incidents.since.${s}`)}</option>)}
          </select>
        </Field>
        <Field label={t('incidents.group')}>
          <select value={q.get('group') ?? ''} onChange={(e) => go(withValue(q, 'group', e.currentTarget.value))}>
            <option value="">{t('incidents.group.none')}</option>
            {GROUPS.map((g) => <option key={g} value={g}>{t(`field.${g}` as Key)}</option>)}
          </select>
        </Field>
        {!q.get('group') && (
          <Field label={t('incidents.sort')}>
            <select value={q.get('sort') ?? '-time'} onChange={(e) => go(withValue(q, 'sort', e.currentTarget.value === '-time' ? '' : e.currentTarget.value))}>
              {SORTS.map((s) => <option key={s} value={s}>{t(`incidents.sort.${s}`)}</option>)}
            </select>
          </Field>
        )}
        <SavedViews q={q} />
      </div>
      <Chips q={q} />
    </section>
  );
}

/** A cell's value: a click narrows the list to it, alt-click or the minus leaves it out. */
export function Cell({ q, field, value, reachable, children }:
  { q: URLSearchParams; field: FieldName; value: string | undefined; reachable: boolean; children: preact.ComponentChildren }) {
  if (!value) return <span class="dim">–</span>;
  const words = { field: fieldName(field).toLowerCase(), value: valueName(field, value) };
  const put = (not: boolean) => {
    const c: Condition = { field, value, not };
    go(withCondition(q, c));
  };
  return (
    <span class="cell">
      <button type="button" class="cell-value" tabIndex={reachable ? 0 : -1} title={t('incidents.only', words)}
        onClick={(e) => { e.stopPropagation(); put(e.altKey); }}>{children}</button>
      <button type="button" class="cell-minus" tabIndex={reachable ? 0 : -1} aria-label={t('incidents.without', words)}
        title={t('incidents.without', words)} onClick={(e) => { e.stopPropagation(); put(true); }}><Icon name="minus" /></button>
    </span>
  );
}
