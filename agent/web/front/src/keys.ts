// SPDX-License-Identifier: Apache-2.0
// Single-letter keys. They are quiet while somebody types or a dialog is open, and can be turned off.
import { useLayoutEffect } from 'preact/hooks';
import { keep, kept } from './keep';
import { navigate } from './router';

type Handler = (e: KeyboardEvent) => void;
const stack: Record<string, Handler>[] = [];
let on = kept('keys') !== 'off';
let waiting = 0;

export const PAGES: Record<string, string> = {
  o: '/', i: '/incidents', v: '/inventory', p: '/policy', t: '/test', h: '/health',
};

export function keysAreOn(): boolean {
  return on;
}

export function turnKeys(to: boolean): void {
  on = to;
  keep('keys', to ? 'on' : 'off');
}

function isTyping(e: KeyboardEvent): boolean {
  const at = e.composedPath()[0];
  if (!(at instanceof HTMLElement)) return false;
  if (at.isContentEditable || at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement) return true;
  return at instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit', 'file'].includes(at.type);
}

const SECOND_KEY_MS = 1500;

document.addEventListener('keydown', (e) => {
  if (!on || e.ctrlKey || e.altKey || e.metaKey || e.defaultPrevented || isTyping(e)) return;
  if (document.querySelector('dialog[open]')) return;
  if (Date.now() - waiting < SECOND_KEY_MS && PAGES[e.key]) {
    waiting = 0;
    e.preventDefault();
    navigate(PAGES[e.key]!);
    return;
  }
  waiting = 0;
  if (e.key === 'g') {
    waiting = Date.now();
    return;
  }
  for (let n = stack.length - 1; n >= 0; n--) {
    const f = stack[n]![e.key];
    if (!f) continue;
    // A control that has the focus keeps its own Enter.
    if (e.key === 'Enter' && (e.target as Element).closest('a, button, input, summary, select')) return;
    e.preventDefault();
    f(e);
    return;
  }
});

/** The page's own keys, while it is shown. At once after each change: the next key may be quicker than
    the next picture, and must not be about the row of before. */
export function useKeys(map: Record<string, Handler>): void {
  useLayoutEffect(() => {
    stack.push(map);
    return () => {
      stack.splice(stack.indexOf(map), 1);
    };
  });
}
