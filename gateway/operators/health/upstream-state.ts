/**
 * How a registry is, by what was heard of it: `down` while its breaker is not closed, `up` when it has answered, and `unknown`
 * when nothing was heard of it, or not for a while. A breaker alone does not say: one that nobody calls stays as it is.
 */
import type { UpstreamState } from '../../../adapters/adapter.ts';
import type { Checked } from './dependencies.ts';

/** Milliseconds after which what was heard says nothing any more. */
const STALE = 5 * 60_000;

export const upstreamStates = ['up', 'down', 'unknown'] as const;

/**
 * @param now in milliseconds of `performance.now()`
 * @param probeEvery how often it is asked, in milliseconds; 0: never
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
