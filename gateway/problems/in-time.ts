/**
 * A call is answered within its deadline and a second, whatever hangs: the contract's deadline for a service, five seconds
 * for another route. Each wait has a limit of its own (`store/time-limits.ts`); where several may follow each other, the
 * later ones have what is left.
 */

import { QUERY_LIMIT } from '../store/time-limits.ts';
import { Problem } from './problem.ts';

/** Milliseconds of a route without a contract. */
export const ROUTE_DEADLINE = 5000;
/** Half of the second after the deadline; the other half is for a machine that is busy. */
const GRACE = 500;
/** What a step has, however late it is: an answer that is ready is not thrown away for a millisecond. */
const LEAST = 250;

/**
 * The time that the caller takes to send its body, and that an endpoint of the caller's takes, is not the gateway's, and is
 * not counted.
 * @returns when the call is to be answered, in the clock of `performance.now()`
 */
export function answerBy({ since }: { readonly since: number }, deadline = ROUTE_DEADLINE): number {
  return since + deadline + GRACE;
}

/**
 * Waits for `work` no longer than the call has left. Costs nothing while that is more than `work` takes at the most. What
 * it comes to later is nobody's concern.
 * @param longest milliseconds after which `work` ends by itself: that of one statement, or of a group of evidence
 * @throws Problem `store_unavailable`, and what `work` throws
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
