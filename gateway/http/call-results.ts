/**
 * The result of a call: one of four values, because alerts need few values, while there are many outcomes. Each service starts with all
 * four at 0 (`operators/metrics/counter-series.ts`), so that Prometheus sees the first failure after a start.
 */
import { problemRows } from '../problems/codes.ts';

/**
 * `answered`: as requested. `refused`: by the catalogue, the contract or a limit. `failed`: by the gateway,
 * PostgreSQL or a registry. `broken_off`: without a complete answer, by the caller or at the end of draining.
 */
export const callResults = ['answered', 'refused', 'failed', 'broken_off'] as const;

export type CallResult = (typeof callResults)[number];

const FAILURES: ReadonlySet<string> = new Set(
  problemRows.filter((row) => 'failure' in row && row.failure).map(({ code }) => code),
);

/** @param outcome of `lienthong_requests_total`: `ok`, a problem's code, `token_refused`, `caller_left`, `cut_off` */
export function resultOf(outcome: string): CallResult {
  if (outcome === 'ok') return 'answered';
  if (outcome === 'caller_left' || outcome === 'cut_off') return 'broken_off';
  return FAILURES.has(outcome) ? 'failed' : 'refused';
}
