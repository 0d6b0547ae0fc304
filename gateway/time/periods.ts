/** Calendar periods in Vietnam's time: UTC+7, without daylight saving time. */
export type PeriodKind = 'day' | 'month';

export interface Period {
  /** `2026-11-22` or `2026-11`. */
  readonly name: string;
  /** Milliseconds since the epoch; exclusive. */
  readonly end: number;
}

const OFFSET = 7 * 3_600_000;
const DAY = 86_400_000;

/** The day or month that holds `now` (milliseconds since the epoch). */
export function periodOf(kind: PeriodKind, now: number): Period {
  const local = new Date(now + OFFSET); // its UTC fields read as Vietnam's clock
  const text = local.toISOString();
  if (kind === 'day') {
    return { name: text.slice(0, 10), end: (Math.floor((now + OFFSET) / DAY) + 1) * DAY - OFFSET };
  }
  return { name: text.slice(0, 7), end: Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1) - OFFSET };
}
