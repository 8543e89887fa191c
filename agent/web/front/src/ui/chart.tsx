// SPDX-License-Identifier: Apache-2.0
// Bars as SVG, with the same figures in a table: for who cannot see them, and for copying.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { day } from '../format';
import type { Overview } from '../types';
import { count, name, t } from '../words';
import { Wide } from './parts';

const KINDS = ['block', 'justify', 'notify', 'log'] as const;
const H = 160;
const LEFT = 34;
const FOOT = 18;

/** A round number of at least `n`. */
function ceiling(n: number): number {
  const steps = [1, 2, 5];
  for (let ten = 1; ; ten *= 10) {
    for (const s of steps) if (s * ten >= n) return s * ten;
  }
}

/** As wide as its place, so that its figures are as big as other text. */
function useWidth() {
  const ref = useRef<HTMLElement>(null);
  const [width, set] = useState(640);
  useEffect(() => {
    const watch = new ResizeObserver(([e]) => set(Math.max(200, Math.round(e!.contentRect.width))));
    if (ref.current) watch.observe(ref.current);
    return () => watch.disconnect();
  }, []);
  return { ref, width };
}

export function Days({ days }: { days: Overview['days'] }) {
  const id = useId();
  const { ref, width: W } = useWidth();
  const most = ceiling(Math.max(1, ...days.map((d) => KINDS.reduce((n, k) => n + (d[k] ?? 0), 0))));
  const width = (W - LEFT) / Math.max(1, days.length);
  const bar = Math.max(1, Math.min(28, width * 0.7));
  const every = Math.ceil(days.length / Math.max(1, Math.floor((W - LEFT) / 56)));
  const y = (n: number) => H - FOOT - (n / most) * (H - FOOT - 8);
  return (
    <figure ref={ref} class="chart" aria-labelledby={id}>
      <figcaption id={id} class="legend">
        {KINDS.map((k) => (
          <span key={k}><svg width="10" height="10" aria-hidden="true" class="swatch"><rect width="10" height="10" class={`bar-${k}`} /></svg> {name('action', k)}</span>
        ))}
      </figcaption>
      <svg viewBox={`0 0 ${W} ${H}`} role="img" aria-label={t('overview.by-day')} preserveAspectRatio="xMidYMid meet">
        {[0, 0.5, 1].map((f) => (
          <g key={f}>
            <line x1={LEFT} x2={W} y1={y(most * f)} y2={y(most * f)} class="grid" />
            {(most > 1 || f !== 0.5) && <text x={LEFT - 6} y={y(most * f) + 4} text-anchor="end" class="tick">{count(most * f)}</text>}
          </g>
        ))}
        {days.map((d, n) => {
          let sum = 0;
          const x = LEFT + n * width + (width - bar) / 2;
          return (
            <g key={d.day}>
              <title>{`${d.day}: ${KINDS.map((k) => `${name('action', k)} ${d[k] ?? 0}`).join(', ')}`}</title>
              {KINDS.map((k) => {
                const v = d[k] ?? 0;
                if (!v) return null;
                const top = y(sum + v);
                const height = y(sum) - top;
                sum += v;
                return <rect key={k} x={x} y={top} width={bar} height={height} class={`bar-${k}`} />;
              })}
              {n % every === 0 && <text x={x + bar / 2} y={H - 4} text-anchor="middle" class="tick">{day(d.day)}</text>}
            </g>
          );
        })}
      </svg>
      <details>
        <summary>{t('overview.by-day-table')}</summary>
        <Wide label={t('overview.by-day-table')}>
          <table>
            <thead><tr><th scope="col">{t('overview.day')}</th>
              {KINDS.map((k) => <th key={k} scope="col" class="number">{name('action', k)}</th>)}
              <th scope="col" class="number">{name('status', 'false-positive')}</th></tr></thead>
            <tbody>{days.map((d) => (
              <tr key={d.day}><th scope="row">{d.day}</th>
                {KINDS.map((k) => <td key={k} class="number">{count(d[k] ?? 0)}</td>)}
                <td class="number">{count(d.false_positive ?? 0)}</td></tr>
            ))}</tbody>
          </table>
        </Wide>
      </details>
    </figure>
  );
}

/** How long a value is beside the longest one; the value itself stands next to it. */
export function Share({ n, most }: { n: number; most: number }) {
  return (
    <svg class="share" viewBox="0 0 100 8" width="100" height="8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect width="100" height="8" class="empty" />
      <rect width={most > 0 ? Math.max(1, (100 * n) / most) : 0} height="8" class="full" />
    </svg>
  );
}
