// SPDX-License-Identifier: Apache-2.0
import type { Incident } from '../types';
import { LEVELS } from '../types';
import { absolute, relative } from '../format';
import { name, t } from '../words';
import { Bars, Icon } from './icons';

export function Level({ level }: { level: string }) {
  const n = LEVELS.indexOf(level as (typeof LEVELS)[number]);
  return (
    <span class={`badge level level-${n < 0 ? 'none' : level}`}>
      {n > 0 && <Bars n={n} />}
      {name('level', level)}
    </span>
  );
}

const REFUSES = ['block', 'justify', 'quarantine'];

export function refuses(action: string | undefined): boolean {
  return REFUSES.includes(action ?? '');
}

export function Action({ incident }: { incident: Pick<Incident, 'action' | 'intended' | 'override'> }) {
  const { action, intended } = incident;
  const would = !incident.override && intended && intended !== action && refuses(intended);
  return (
    <span class={`badge action action-${refuses(action) ? 'refuses' : 'allows'}${would ? ' would' : ''}`}>
      <Icon name={would ? intended : action} />
      {would
        ? t('action.would', { did: name('action', action), meant: name('action', intended) })
        : name('action', action)}
    </span>
  );
}

export function StatusBadge({ status }: { status: string | undefined }) {
  const s = status || 'new';
  return <span class={`badge status status-${s}`}><span class="dot" aria-hidden="true" />{name('status', s)}</span>;
}

export function Time({ time, both = true }: { time: string | undefined | null; both?: boolean }) {
  if (!time) return <>–</>;
  return (
    <time dateTime={time} title={absolute(time)}>
      <span class="absolute">{absolute(time)}</span>
      {both && <span class="dim">{relative(time)}</span>}
    </time>
  );
}

/** Text of outside: as it is, with what turns the direction of writing around shown. */
export function Raw({ text }: { text: string | undefined | null }) {
  const safe = (text ?? '').replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (c) => `\u27e8${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}\u27e9`);
  return <bdi>{safe}</bdi>;
}
