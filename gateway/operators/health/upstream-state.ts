/**
 * The state of a registry: `down` while its breaker is not closed, `up` when it has answered, and `unknown`
 * when it has not answered, or not for a while. A breaker alone is not enough: without calls it does not change.
 */
import type { UpstreamState } from '../../../adapters/adapter.ts';
import type { Checked } from './dependencies.ts';

/** Milliseconds after which an answer is out of date. */
const STALE = 5 * 60_000;

export const upstreamStates = ['up', 'down', 'unknown'] as const;

/**
 * @param now in milliseconds of `performance.now()`
 * @param probeEvery milliseconds between probes; 0: never
 */
export function stateOf(
  { breaker, answeredAt, failedAt, failure }: UpstreamState,
  now: number,
  probeEvery: number,
): Checked & { readonly status: (typeof upstreamStates)[number] } {
  const heardAt = Math.max(answeredAt ?? Number.NEGATIVE_INFINITY, failedAt ?? Number.NEGATIVE_INFINITY);
  if (now - heardAt > Math.max(STALE, 3 * probeEvery)) return { status: 'unknown', reason: 'not_asked' };
  if (breaker !== 'closed') return { status: 'down', reason: failure };
  return answeredAt === undefined ? { status: 'unknown', reason: failure } : { status: 'up' };
}
