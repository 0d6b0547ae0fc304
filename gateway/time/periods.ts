/** Calendar periods by Việt Nam's clock. */
import { beginOf, clockAt, DAY, dateOf, dayOf } from '../../adapters/values/vietnam-clock.ts';

export type PeriodKind = 'day' | 'month';

export interface Period {
  /** `2026-11-22` or `2026-11`. */
  readonly name: string;
  /** Milliseconds since the epoch; exclusive. */
  readonly end: number;
}

/** The day or month that holds `now` (milliseconds since the epoch). */
export function periodOf(kind: PeriodKind, now: number): Period {
  if (kind === 'day') {
    const day = dayOf(now);
    return { name: dateOf(day), end: beginOf(day + 1) };
  }
  const name = clockAt(now).slice(0, 7);
  const [year, month] = name.split('-').map(Number) as [number, number];
  // `Date.UTC` counts months from 0: this is the first day of the next one.
  return { name, end: beginOf(Date.UTC(year, month) / DAY) };
}
