/** What an adapter's failure is to the caller. */
import { UpstreamError, type UpstreamFailure } from '../../adapters/adapter.ts';
import { Problem, type ProblemCode, type Violation } from '../errors.ts';

const problemOf: Readonly<Record<UpstreamFailure, ProblemCode>> = {
  refused: 'upstream_refused',
  timeout: 'upstream_timeout',
  unavailable: 'upstream_unavailable',
  failed: 'upstream_failed',
  malformed: 'upstream_malformed',
};

/** Reasons that are the caller's mistake, which no schema can see, and the property that has it. */
const mistakes: Readonly<Record<string, Violation>> = {
  page_token_invalid: { pointer: '/pageToken', detail: 'is not a page token of this gateway' },
};

/**
 * @returns a Problem of the `upstream_` family, or `contract_violation` for what only the adapter can tell; any other
 *   error as it is
 */
export function upstreamProblem(error: UpstreamError): Problem;
export function upstreamProblem(error: unknown): unknown;
export function upstreamProblem(error: unknown): unknown {
  if (!(error instanceof UpstreamError)) return error;
  const mistake = error.reason === undefined ? undefined : mistakes[error.reason];
  if (mistake) return new Problem('contract_violation', { errors: [mistake], cause: error });
  return new Problem(problemOf[error.failure], {
    reason: error.reason,
    retryAfter: error.failure === 'unavailable' ? (error.retryAfter ?? 5) : undefined,
    cause: error,
  });
}
