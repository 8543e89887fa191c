// SPDX-License-Identifier: Apache-2.0
// Small pictures beside words: a level or an action is never said by colour alone.
const PATHS: Record<string, string> = {
  block: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM3.6 3.6l8.8 8.8',
  justify: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM6 6.2a2 2 0 1 1 2.8 1.9c-.6.3-.8.6-.8 1.2M8 11.4v.2',
  notify: 'M3.5 11.5h9l-1.2-1.8V7a3.3 3.3 0 0 0-6.6 0v2.7zM6.8 13.5h2.4',
  log: 'M3 3h10M3 6.5h10M3 10h7M3 13.5h5',
  allow: 'M2.5 8.5l3.5 3.5 7.5-8',
  quarantine: 'M2.5 5.5h11v8h-11zM1.5 2.5h13v3h-13zM6 8.5h4',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  warn: 'M8 2L1.5 13.5h13zM8 6.5v3.5M8 11.7v.2',
  ok: 'M2.5 8.5l3.5 3.5 7.5-8',
  down: 'M3.5 6l4.5 4.5L12.5 6',
  lock: 'M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
};

export function Icon({ name }: { name: string }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
      <path d={PATHS[name] ?? ''} />
    </svg>
  );
}

/** One to four bars for a level. */
export function Bars({ n }: { n: number }) {
  return (
    <svg class="bars" viewBox="0 0 16 12" width="16" height="12" aria-hidden="true" focusable="false">
      {[0, 1, 2, 3].map((i) => (
        <rect key={i} x={i * 4} y={9 - i * 3} width="3" height={3 + i * 3} class={i < n ? 'full' : 'empty'} />
      ))}
    </svg>
  );
}
