// SPDX-License-Identifier: Apache-2.0
// One line of news at the foot of the page, in a live region: seen, and read out.
import { useEffect, useState } from 'preact/hooks';

export interface News {
  text: string;
  bad: boolean;
  n: number;
}

let news: News = { text: '', bad: false, n: 0 };
let listener: ((n: News) => void) | null = null;

export function announce(text: string, bad = false): void {
  news = { text, bad, n: news.n + 1 };
  listener?.(news);
}

const SHOWN_MS = 8000;

export function useNews(): [News, () => void] {
  const [shown, set] = useState(news);
  useEffect(() => {
    listener = set;
    return () => {
      listener = null;
    };
  }, []);
  useEffect(() => {
    // What went wrong stays until it is closed.
    if (!shown.text || shown.bad) return;
    const timer = setTimeout(() => set((s) => ({ ...s, text: '' })), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [shown.n]);
  return [shown, () => set((s) => ({ ...s, text: '' }))];
}
