/**
 * Việt Nam's clock: UTC+7 all year, without summer time. Moments are milliseconds since the epoch; a day is a number of days
 * since 1970-01-01 by that clock.
 */

/** As RFC 3339 writes it after a date and a time of that clock. */
export const ZONE = '+07:00';

/** No day there is longer or shorter. */
export const DAY = 86_400_000;

const OFFSET = 7 * 3_600_000;

/** The day that holds a moment. */
export function dayOf(moment: number): number {
  return Math.floor((moment + OFFSET) / DAY);
}

/** The moment at which a day begins. */
export function beginOf(day: number): number {
  return day * DAY - OFFSET;
}

/** `2026-11-30` */
export function dateOf(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}

/** The clock's time at a moment: `2026-11-30T09:15:00.000`. */
export function clockAt(moment: number): string {
  return new Date(moment + OFFSET).toISOString().slice(0, -1);
}

/** The moment at which the day of a date (`2026-11-30`) begins. */
export function startOf(date: string): number {
  return Date.parse(`${date}T00:00:00${ZONE}`);
}
