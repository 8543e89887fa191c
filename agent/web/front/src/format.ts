// SPDX-License-Identifier: Apache-2.0
// Times and sizes as people write them.
import { count, language } from './words';

const locale = () => (language() === 'vi' ? 'vi-VN' : 'en-GB');

/** "23/11/2026 08:01:00", in the browser's time zone. */
export function absolute(time: string): string {
  const d = new Date(time);
  if (Number.isNaN(d.getTime())) return time;
  const two = (n: number) => String(n).padStart(2, '0');
  const day = language() === 'vi'
    ? `${two(d.getDate())}/${two(d.getMonth() + 1)}/${d.getFullYear()}`
    : `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  return `${day} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31536000], ['month', 2592000], ['week', 604800], ['day', 86400], ['hour', 3600], ['minute', 60],
];

/** "5 phút trước". */
export function relative(time: string, now = Date.now()): string {
  const seconds = (new Date(time).getTime() - now) / 1000;
  if (Number.isNaN(seconds)) return '';
  const words = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit);
  }
  return words.format(Math.trunc(seconds), 'second');
}

export function day(text: string): string {
  const [, m, d] = text.split('-');
  return m && d ? `${d}/${m}` : text;
}

export function bytes(n: number): string {
  if (n < 1024) return `${count(n)} B`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  let v = n / 1024;
  let u = 0;
  while (v >= 1024 && u < units.length - 1) {
    v /= 1024;
    u++;
  }
  return `${count(Math.round(v * 10) / 10)} ${units[u]}`;
}

export function milliseconds(n: number): string {
  return `${count(Math.round(n * 10) / 10)} ms`;
}

export function percent(part: number, whole: number): string {
  return whole > 0 ? `${Math.round((100 * part) / whole)} %` : '–';
}

export function baseName(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash >= 0 && slash + 1 < path.length ? path.slice(slash + 1) : path;
}

export function folder(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash > 0 ? path.slice(0, slash) : slash === 0 ? '/' : '';
}
