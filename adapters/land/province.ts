/** One province's land registry. */
import type { CallContext } from '../adapter.ts';
import type { UpstreamResponse } from '../upstream/exchange.ts';
import { requestHeaders } from '../upstream/request-headers.ts';
import type { Upstream } from '../upstream/upstream.ts';

export interface Province {
  readonly code: string;
  readonly apiKey: string;
  readonly upstream: Upstream;
}

/**
 * Sends a request with the headers of all requests to the land registries.
 * @param body makes it a POST
 * @param idempotent may it be sent twice?
 */
export function send(
  { upstream, apiKey }: Province,
  path: string,
  call: Pick<CallContext, 'requestId' | 'traceparent' | 'deadline'>,
  idempotent: boolean,
  body?: object,
): Promise<UpstreamResponse> {
  const headers = ['X-API-Key', apiKey, 'Accept', 'application/json', ...requestHeaders(call)];
  if (body) headers.push('Content-Type', 'application/json');
  return upstream.call({
    method: body ? 'POST' : 'GET',
    path,
    headers,
    ...(body && { body: JSON.stringify(body) }),
    idempotent,
    deadline: call.deadline,
  });
}
