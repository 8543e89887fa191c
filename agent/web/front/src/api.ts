// SPDX-License-Identifier: Apache-2.0
// Asks the server. Every failure is an ApiError with words for the person.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { language, t } from './words';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    private readonly vi: string,
    private readonly en: string,
    /** What exactly, in the agent's words. */
    private readonly detail = '',
  ) {
    super(en || vi || code);
  }
  /** In the language that is shown now. */
  text(): string {
    const said = language() === 'vi' ? this.vi || this.en : this.en || this.vi;
    if (said && this.status !== 403) return this.detail ? `${said} ${this.detail}` : said;
    switch (this.status) {
      case 0: return t('error.network');
      case 401: return t('error.session');
      case 403: return t('error.forbidden');
      case 404: return t('error.not-found');
      case 413: return t('error.too-big');
      default: return t('error.unexpected', { status: String(this.status) });
    }
  }
}

let csrf = '';
let onLost: () => void = () => {};

export function setCsrf(token: string): void {
  csrf = token;
}

/** `f` is called when the server knows no session any more. */
export function whenSessionIsLost(f: () => void): void {
  onLost = f;
}

async function failure(r: Response): Promise<ApiError> {
  try {
    const e = ((await r.json()) as { error?: Record<string, string> }).error ?? {};
    return new ApiError(r.status, e.code ?? '', e.message_vi ?? '', e.message_en ?? '', e.detail ?? '');
  } catch {
    return new ApiError(r.status, '', '', '');
  }
}

async function ask<T>(method: string, path: string, init: RequestInit, quiet: boolean): Promise<T> {
  let r: Response;
  try {
    r = await fetch(`/api${path}`, {
      method, credentials: 'same-origin', redirect: 'error', ...init,
      headers: {
        ...(method === 'GET' ? {} : { 'X-Sealgate-Csrf': csrf }),
        ...(init.headers as Record<string, string> | undefined),
      },
    });
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new ApiError(0, 'network', '', '');
  }
  if (!r.ok) {
    const e = await failure(r);
    if (r.status === 401 && !quiet) onLost();
    throw e;
  }
  if (r.status === 204) return undefined as T;
  try {
    return (await r.json()) as T;
  } catch {
    throw new ApiError(r.status, 'format', '', '');
  }
}

export function get<T>(path: string, signal?: AbortSignal, quiet = false): Promise<T> {
  return ask<T>('GET', path, signal ? { signal } : {}, quiet);
}

export function post<T>(path: string, body?: unknown, quiet = false): Promise<T> {
  return ask<T>('POST', path, {
    body: JSON.stringify(body ?? {}), headers: { 'Content-Type': 'application/json' },
  }, quiet);
}

export function upload<T>(path: string, body: Blob): Promise<T> {
  return ask<T>('POST', path, { body, headers: { 'Content-Type': 'application/octet-stream' } }, false);
}

export function asError(e: unknown): ApiError {
  return e instanceof ApiError ? e : new ApiError(-1, 'page', String(e), String(e));
}

export interface Asked<T> {
  data: T | undefined;
  error: ApiError | undefined;
  /** No answer for long enough that a person notices. */
  slow: boolean;
  again: () => void;
}

const SLOW_MS = 150;

/** What `path` answers; the answer before stays while the next one comes. */
export function useAsk<T>(path: string | null): Asked<T> {
  const [state, set] = useState<{ data?: T; error?: ApiError; slow: boolean }>({ slow: false });
  const [round, setRound] = useState(0);
  const base = useRef('');
  useEffect(() => {
    if (path === null) return;
    const control = new AbortController();
    const stem = path.replace(/\?.*/, '');
    const other = stem !== base.current;
    base.current = stem;
    if (other) set({ slow: false });
    const timer = setTimeout(() => set((s) => ({ ...s, slow: true })), SLOW_MS);
    get<T>(path, control.signal)
      .then((data) => set({ data, slow: false }))
      .catch((e) => {
        if (!control.signal.aborted) set((s) => ({ ...s, error: asError(e), slow: false }));
      })
      .finally(() => clearTimeout(timer));
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [path, round]);
  const again = useCallback(() => setRound((n) => n + 1), []);
  return { data: state.data, error: state.error, slow: state.slow, again };
}
