// SPDX-License-Identifier: Apache-2.0
// The words of the pages. What the server stores is never a key: `name()` shows an unknown value as
// it is.
import { vi, type Key } from './vi';
import { en } from './en';
import { keep, kept } from '../keep';

export type Lang = 'vi' | 'en';
export type { Key };
const catalogues: Record<Lang, Record<Key, string>> = { vi, en };
let lang: Lang = kept('lang') === 'en' ? 'en' : 'vi';

export function language(): Lang {
  return lang;
}

export function setLanguage(to: Lang): void {
  lang = to;
  keep('lang', to);
  document.documentElement.lang = to;
}

export function t(key: Key, values: Record<string, string | number> = {}): string {
  return catalogues[lang][key].replace(/\{([a-z]+)\}/g, (whole, name: string) =>
    name in values ? (typeof values[name] === 'number' ? count(values[name] as number) : String(values[name])) : whole);
}

/** The word for a value of the agent's own vocabulary, as `level` + "secret". */
export function name(kind: string, value: string): string {
  const words: Record<string, string | undefined> = catalogues[lang];
  return words[`${kind}.${value}`] ?? value;
}

const numbers: Partial<Record<Lang, Intl.NumberFormat>> = {};
export function count(n: number): string {
  return (numbers[lang] ??= new Intl.NumberFormat(lang === 'vi' ? 'vi-VN' : 'en-GB')).format(n);
}
