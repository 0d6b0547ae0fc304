/** An agreement's term: from the beginning of its first day to the end of its last, by Vietnam's clock. */
import { DAY, dateOf, dayOf, startOf } from '../../../adapters/values/vietnam-clock.ts';
import type { Agreement } from '../catalog.ts';

type Term = Pick<Agreement, 'validFrom' | 'validUntil'>;

export type TermStatus = 'in_force' | 'not_yet_valid' | 'expired';

/** @param now milliseconds since the epoch */
export function termStatus({ validFrom, validUntil }: Term, now: number): TermStatus {
  if (now < validFrom) return 'not_yet_valid';
  return now < validUntil ? 'in_force' : 'expired';
}

/** The term of an agreement that names its first and its last day. */
export function termOf(firstDay: string, lastDay: string): Term {
  return { validFrom: startOf(firstDay), validUntil: startOf(lastDay) + DAY };
}

/** The first and the last day, as the agreement names them. */
export function daysOf({ validFrom, validUntil }: Term): { validFrom: string; validUntil: string } {
  return { validFrom: dateOf(dayOf(validFrom)), validUntil: dateOf(dayOf(validUntil - 1)) };
}
