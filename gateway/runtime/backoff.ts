import { setTimeout as wait } from 'node:timers/promises';

const FIRST = 100;
const LONGEST = 5000;

/**
 * Waits before attempt `attempt + 1` (from 1): exponential, with full jitter, so that clients that failed together do not retry
 * together. Returns early when `signal` aborts.
 */
export async function backOff(attempt: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(LONGEST, FIRST * 2 ** Math.min(attempt, 16));
  await wait(FIRST / 2 + Math.random() * longest, undefined, { signal }).catch(() => {});
}
