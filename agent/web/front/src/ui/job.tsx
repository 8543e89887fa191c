// SPDX-License-Identifier: Apache-2.0
// What takes longer than a request: begun once, then asked how far it is.
import { useEffect, useRef, useState } from 'preact/hooks';
import { asError, get, post, type ApiError } from '../api';
import { language, t } from '../words';
import { Raw } from './badges';
import { Problem } from './parts';

interface Job<T> {
  state: 'running' | 'done' | 'failed';
  done?: number;
  total?: number;
  result?: T;
  error?: { message_vi?: string; message_en?: string } | string;
}

export interface Work<T> {
  job: Job<T> | undefined;
  error: ApiError | undefined;
  busy: boolean;
  run: (path: string, body: unknown, done?: (result: T) => void) => void;
}

const LOOK_AGAIN_MS = 300;

export function useJob<T>(): Work<T> {
  const [job, setJob] = useState<Job<T>>();
  const [error, setError] = useState<ApiError>();
  const round = useRef(0);
  useEffect(() => () => { round.current++; }, []);
  const follow = async (path: string, body: unknown, done?: (result: T) => void) => {
    const mine = ++round.current;
    setError(undefined);
    setJob({ state: 'running' });
    try {
      const { job: n } = await post<{ job: number | string }>(path, body);
      for (;;) {
        const j = await get<Job<T>>(`/jobs/${n}`);
        if (mine !== round.current) return;
        setJob(j);
        if (j.state === 'done' && j.result) done?.(j.result);
        if (j.state !== 'running') return;
        await new Promise((f) => setTimeout(f, LOOK_AGAIN_MS));
      }
    } catch (e) {
      if (mine !== round.current) return;
      setJob(undefined);
      setError(asError(e));
    }
  };
  return { job, error, busy: job?.state === 'running', run: (p, b, done) => { void follow(p, b, done); } };
}

/** How far it is, or why it failed. */
export function Progress({ work, some }: { work: Work<unknown>; some: string }) {
  const { job, error } = work;
  const failed = job?.state === 'failed'
    ? (typeof job.error === 'string' ? job.error : (language() === 'vi' ? job.error?.message_vi : job.error?.message_en) ?? t('error.title'))
    : '';
  return (
    <>
      {error && <Problem error={error} />}
      {job?.state === 'running' && (
        <p role="status">{job.total && job.total > 1
          ? <>{t('job.far', { done: job.done ?? 0, total: job.total })} <progress value={job.done ?? 0} max={job.total} aria-label={some} /></>
          : some}</p>
      )}
      {failed && <p class="problem"><Raw text={failed} /></p>}
    </>
  );
}
