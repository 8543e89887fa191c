// SPDX-License-Identifier: Apache-2.0
import { keep, kept } from './keep';

export type Theme = 'auto' | 'light' | 'dark';

export function theme(): Theme {
  const t = kept('theme');
  return t === 'light' || t === 'dark' ? t : 'auto';
}

export function applyTheme(to: Theme = theme()): void {
  keep('theme', to);
  if (to === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = to;
}
