/** Translates an adapter's failure to a problem for the caller. */
import { UpstreamError, type UpstreamFailure } from '../../adapters/adapter.ts';
import type { ProblemCode } from './codes.ts';
import { Problem, type Violation } from './problem.ts';
import { checks } from './sentences/checks.ts';
import { placedFor } from './violations.ts';

const problemOf: Readonly<Record<UpstreamFailure, ProblemCode>> = {
  refused: 'upstream_refused',
  timeout: 'upstream_timeout',
  unavailable: 'upstream_unavailable',
  failed: 'upstream_failed',
  malformed: 'upstream_malformed',
};

/** Reasons that are mistakes of the caller which no schema can detect, each with its property. */
const mistakes: Readonly<Record<string, Violation>> = {
  page_token_invalid: { pointer: '/pageToken', ...checks.pageToken },
};

/** Reasons that last until the operator connects a registry: retrying does not help. */
const lasting: ReadonlySet<string> = new Set([
  'not_configured',
  'province_not_connected',
  'commune_not_known',
]);

/**
 * @param method of the caller's request
 * @returns a Problem of the `upstream_` family, `registry_not_connected`, or `contract_violation` for mistakes that only the
 *   adapter can detect; any other error unchanged
 */
export function upstreamProblem(error: UpstreamError, method?: string): Problem;
export function upstreamProblem(error: unknown, method?: string): unknown;
export function upstreamProblem(error: unknown, method = 'POST'): unknown {
  if (!(error instanceof UpstreamError)) return error;
  const mistake = error.reason === undefined ? undefined : mistakes[error.reason];
  if (mistake)
    return new Problem('contract_violation', { errors: placedFor(method, [mistake]), cause: error });
  const { reason } = error;
  if (reason !== undefined && lasting.has(reason)) {
    return new Problem('registry_not_connected', { reason, cause: error });
  }
  return new Problem(problemOf[error.failure], {
    reason,
    retryAfter: error.failure === 'unavailable' ? (error.retryAfter ?? 5) : undefined,
    cause: error,
  });
}
