/** An agreement's term: from the first moment of its first day to the last of its last, by Vietnam's clock. */
import type { Agreement } from '../catalog.ts';

type Term = Pick<Agreement, 'validFrom' | 'validUntil'>;

export type Standing = 'in_force' | 'not_yet_valid' | 'expired';

/** @param now milliseconds since the epoch */
export function standingOf({ validFrom, validUntil }: Term, now: number): Standing {
  if (now < validFrom) return 'not_yet_valid';
  return now < validUntil ? 'in_force' : 'expired';
}

/** UTC+7, no summer time. */
const OFFSET = 7 * 3_600_000;
const DAY = 86_400_000;

/** The moment at which a day (`2026-01-01`) begins in Vietnam; milliseconds since the epoch. */
function startOfDay(date: string): number {
  return Date.parse(`${date}T00:00:00+07:00`);
}

/** The term of an agreement that names its first and its last day. */
export function termOf(firstDay: string, lastDay: string): Term {
  return { validFrom: startOfDay(firstDay), validUntil: startOfDay(lastDay) + DAY };
}

/** The first and the last day, as the agreement names them. */
export function daysOf({ validFrom, validUntil }: Term): { validFrom: string; validUntil: string } {
  return { validFrom: dayOf(validFrom), validUntil: dayOf(validUntil - 1) };
}

function dayOf(moment: number): string {
  return new Date(moment + OFFSET).toISOString().slice(0, 10);
}
