import { UpstreamError } from '../adapter.ts';
import type { UpstreamResponse } from './exchange.ts';
import { statusError } from './status.ts';

/**
 * What a status means, that carries no answer of the registry's own, for a request that changes something: a server's own
 * trouble, also one that says when to come back, leaves open whether it acted.
 */
export function openError(response: UpstreamResponse): UpstreamError {
  const { status } = response;
  return status >= 500 ? new UpstreamError('failed', { cause: `status ${status}` }) : statusError(response);
}
