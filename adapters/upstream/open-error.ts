import { UpstreamError } from '../adapter.ts';
import type { UpstreamResponse } from './exchange.ts';
import { statusError } from './status.ts';

/**
 * Translates a status without an answer of the registry's own, for a request that changes something. A server error, also one
 * with `Retry-After`, leaves open whether the registry acted.
 */
export function openError(response: UpstreamResponse): UpstreamError {
  const { status } = response;
  return status >= 500 ? new UpstreamError('failed', { cause: `status ${status}` }) : statusError(response);
}
