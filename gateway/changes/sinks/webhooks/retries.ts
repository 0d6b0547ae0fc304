/**
 * When a failed delivery is tried again: after a second, then twice as long each time, up to an hour. Jitter spreads deliveries
 * that failed together. After three days (`WEBHOOK_RETRY_HOURS`) the delivery is given up.
 */
const FIRST = 1000;
const LONGEST = 3_600_000;

export interface Failure {
  /** Milliseconds since the epoch. */
  readonly failingSince: number;
  /** Failed attempts, the present one included. */
  readonly attempts: number;
  /** Milliseconds for which the endpoint asked to be left alone (`Retry-After`). */
  readonly wanted: number | undefined;
}

/**
 * The time of the next attempt, in milliseconds since the epoch: not before the endpoint's `Retry-After`, and not after the end of
 * the retry time, when the last attempt is made. `undefined`: that attempt has failed too.
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
