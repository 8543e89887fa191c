// SPDX-License-Identifier: Apache-2.0
// The list's address and what it asks of the server. They are the same words, but for "since", which
// an address keeps as a length of time and the server takes as a time.
import type { Key } from '../words';
import { name, t } from '../words';

export const FIELDS = ['level', 'action', 'app', 'user', 'rule', 'channel', 'status', 'assignee', 'tag', 'host', 'file'] as const;
export type Field = (typeof FIELDS)[number];
export const GROUPS = ['file', 'user', 'app', 'rule', 'host'] as const;
export const SORTS = ['-time', 'time', '-level', 'level'] as const;
export const SINCE = ['24h', '7d', '30d', '90d', 'all'] as const;
export const PAGE = 50;

export interface Condition {
  field: Field;
  value: string;
  not: boolean;
}

export function conditions(q: URLSearchParams): Condition[] {
  const list: Condition[] = [];
  for (const [key, value] of q) {
    const not = key.startsWith('not.');
    const field = (not ? key.slice(4) : key) as Field;
    if (FIELDS.includes(field) && value) list.push({ field, value, not });
  }
  return list;
}

function keyOf(c: Condition): string {
  return c.not ? `not.${c.field}` : c.field;
}

/** A new view begins at its first page. */
function begun(q: URLSearchParams): URLSearchParams {
  const to = new URLSearchParams(q);
  to.delete('after');
  return to;
}

export function withCondition(q: URLSearchParams, c: Condition): URLSearchParams {
  const to = begun(withoutCondition(q, { ...c, not: !c.not }));
  if (!to.getAll(keyOf(c)).includes(c.value)) to.append(keyOf(c), c.value);
  return to;
}

export function withoutCondition(q: URLSearchParams, c: Condition): URLSearchParams {
  const to = begun(q);
  const rest = to.getAll(keyOf(c)).filter((v) => v !== c.value);
  to.delete(keyOf(c));
  for (const v of rest) to.append(keyOf(c), v);
  return to;
}

export function withValue(q: URLSearchParams, key: string, value: string): URLSearchParams {
  const to = begun(q);
  if (value) to.set(key, value);
  else to.delete(key);
  return to;
}

const LENGTHS: Record<string, number> = { h: 3600, d: 86400 };

function sinceTime(text: string): string | null {
  const m = /^(\d{1,4})([hd])$/.exec(text);
  return m ? new Date(Date.now() - Number(m[1]) * LENGTHS[m[2]!]! * 1000).toISOString() : null;
}

/** What to ask. The same for a minute, so that a page that is drawn again asks nothing new. */
export function ask(q: URLSearchParams, limit = PAGE): string {
  const to = new URLSearchParams();
  for (const c of conditions(q)) to.append(keyOf(c), c.value);
  for (const key of ['q', 'from', 'to', 'group', 'after']) {
    const v = q.get(key);
    if (v) to.set(key, v);
  }
  const from = sinceTime(q.get('since') ?? '');
  if (from) to.set('from', `${from.slice(0, 16)}:00Z`);
  to.set('sort', q.get('sort') || '-time');
  to.set('limit', String(limit));
  return `/incidents?${to}`;
}

export function fieldName(field: Field): string {
  return t((['level', 'action', 'channel', 'status'].includes(field) ? field : `field.${field}`) as Key);
}

export function valueName(field: Field, value: string): string {
  return ['level', 'action', 'channel', 'status'].includes(field) ? name(field, value) : value;
}

export function isFiltered(q: URLSearchParams): boolean {
  return conditions(q).length > 0 || ['q', 'since', 'from', 'to'].some((k) => q.get(k));
}
