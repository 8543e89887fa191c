// SPDX-License-Identifier: Apache-2.0
// The page is the path, and what it shows is the query: an address can be kept and passed on.
import { useEffect, useState } from 'preact/hooks';

export interface Place {
  path: string;
  query: URLSearchParams;
}

type Guard = (go: () => void) => boolean;
let guard: Guard | null = null;
let here = location.pathname + location.search;
const listeners = new Set<() => void>();

export function place(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

function arrived(): void {
  here = location.pathname + location.search;
  for (const f of listeners) f();
}

/** A page with unsaved work: returns true where the page may be left, else asks and calls `go`. */
export function setGuard(g: Guard | null): void {
  guard = g;
}

export function navigate(to: string, how: 'push' | 'replace' = 'push'): void {
  const go = () => {
    if (how === 'replace') history.replaceState(null, '', to);
    else history.pushState(null, '', to);
    arrived();
  };
  const samePage = new URL(to, location.href).pathname === location.pathname;
  if (samePage || !guard || guard(go)) go();
}

window.addEventListener('popstate', () => {
  const to = location.pathname + location.search;
  if (guard && to.replace(/\?.*/, '') !== here.replace(/\?.*/, '')) {
    const go = () => {
      history.pushState(null, '', to);
      arrived();
    };
    if (!guard(go)) {
      history.pushState(null, '', here);
      return;
    }
  }
  arrived();
});

document.addEventListener('click', (e) => {
  if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  const a = (e.target as Element).closest?.('a');
  if (!a || a.origin !== location.origin || a.hasAttribute('download') || a.target) return;
  if (a.pathname.startsWith('/api/') || a.getAttribute('href')?.startsWith('#')) return;
  e.preventDefault();
  navigate(a.pathname + a.search);
});

export function usePlace(): Place {
  const [p, set] = useState(place);
  useEffect(() => {
    const f = () => set(place());
    listeners.add(f);
    return () => {
      listeners.delete(f);
    };
  }, []);
  return p;
}

export function href(path: string, query: URLSearchParams): string {
  const q = query.toString();
  return q ? `${path}?${q}` : path;
}
