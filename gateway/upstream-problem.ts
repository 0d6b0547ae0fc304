/** What the failure of a registry is to a caller. */
import type { UpstreamError, UpstreamFailure } from '../adapters/adapter.ts';
import { Problem, type ProblemCode } from './errors.ts';

const codes: Readonly<Record<UpstreamFailure, ProblemCode>> = {
  refused: 'upstream_refused',
  timeout: 'upstream_timeout',
  unavailable: 'upstream_unavailable',
  failed: 'upstream_failed',
  malformed: 'upstream_malformed',
};

export function problemOfUpstream(error: UpstreamError): Problem {
  return new Problem(codes[error.failure], {
    reason: error.reason,
    retryAfter: error.failure === 'unavailable' ? (error.retryAfter ?? 5) : undefined,
    cause: error,
  });
}
