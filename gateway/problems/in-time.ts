/**
 * Answers a call within its deadline and one second, whatever hangs: the contract's deadline for a service, five seconds
 * for another route. Each wait has its own limit (`store/time-limits.ts`); where several may follow each other, the
 * later ones get the remaining time.
 */

import { QUERY_LIMIT } from '../store/time-limits.ts';
import { Problem } from './problem.ts';

/** Deadline of a route without a contract, in milliseconds. */
export const ROUTE_DEADLINE = 5000;
/** Half of the second after the deadline; the other half is a reserve for a busy machine. */
const GRACE = 500;
/** A late step still gets this time: a finished answer is not dropped for a millisecond. */
const LEAST = 250;

/**
 * Time in which the caller sends its body, or in which a remote endpoint of the caller answers, does not count.
 * @returns the moment by which the call must be answered, by the clock of `performance.now()`
 */
export function answerBy({ since }: { readonly since: number }, deadline = ROUTE_DEADLINE): number {
  return since + deadline + GRACE;
}

/**
 * Waits for `work` no longer than the call's remaining time. Costs nothing while that exceeds the longest duration of `work`. A
 * later result of `work` is ignored.
 * @param longest milliseconds after which `work` ends by itself: the limit of one statement, or of a group of evidence
 * @throws Problem `store_unavailable`, and every error of `work`
 */
export function inTime<T>(by: number, work: Promise<T>, longest = QUERY_LIMIT): Promise<T> {
  const left = by - performance.now();
  return left >= longest ? work : race(work, Math.max(LEAST, left));
}

async function race<T>(work: Promise<T>, limit: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Problem('store_unavailable', { retryAfter: 1 })), limit);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
