/**
 * What a call came to, in four words: the few values by which an alert can count, where outcomes are many. Each service
 * begins with all four at 0 (`operators/metrics/counter-series.ts`), so that the first failure after a start shows.
 */
import { type ProblemCode, problems } from '../problems/codes.ts';

/**
 * `answered`: with what was asked for. `refused`: by the catalogue, the contract or a limit. `failed`: by the gateway, by
 * PostgreSQL or by a registry. `broken_off`: without its whole answer, by the caller or at the end of draining.
 */
export const callResults = ['answered', 'refused', 'failed', 'broken_off'] as const;

export type CallResult = (typeof callResults)[number];

/** Codes with a status of 5xx that say what is not connected, or that there is no room: nothing has failed. */
const LIMITS: ReadonlySet<string> = new Set<ProblemCode>([
  'registry_not_connected',
  'outbox_full',
  'copies_busy',
]);

const FAILURES: ReadonlySet<string> = new Set(
  Object.entries(problems)
    .filter(([code, { status }]) => status >= 500 && !LIMITS.has(code))
    .map(([code]) => code),
);

/** @param outcome as `lienthong_requests_total` has it: `ok`, a problem's code, `token_refused`, `caller_left`, `cut_off` */
export function resultOf(outcome: string): CallResult {
  if (outcome === 'ok') return 'answered';
  if (outcome === 'caller_left' || outcome === 'cut_off') return 'broken_off';
  return FAILURES.has(outcome) ? 'failed' : 'refused';
}
