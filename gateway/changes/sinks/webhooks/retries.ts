/**
 * When a delivery that failed is tried again: after a second, and twice as long each time, up to an hour, with jitter, so
 * that what failed together does not come back together. After three days (`WEBHOOK_RETRY_HOURS`) no more.
 */
const FIRST = 1000;
const LONGEST = 3_600_000;

export interface Failure {
  /** Milliseconds since the epoch. */
  readonly failingSince: number;
  /** So many attempts have failed, the present one too. */
  readonly attempts: number;
  /** Milliseconds for which the endpoint asked to be left alone (`Retry-After`). */
  readonly wanted: number | undefined;
}

/**
 * Milliseconds since the epoch at which to try again: not before the endpoint wishes, and at the latest when the time is
 * up, so that the last attempt is then. `undefined`: the time is up, this was the last.
 * @param random from 0 to 1
 */
export function retryAt(
  { failingSince, attempts, wanted }: Failure,
  now: number,
  giveUpAfter: number,
  random: number = Math.random(),
): number | undefined {
  const end = failingSince + giveUpAfter;
  if (now >= end) return undefined;
  const step = Math.min(LONGEST, FIRST * 2 ** Math.min(attempts - 1, 20));
  return Math.min(end, now + Math.max(step / 2 + (random * step) / 2, wanted ?? 0));
}
