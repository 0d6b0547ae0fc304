/** The headers that identify a request to a registry: its id, and its trace (W3C Trace Context). */
import type { CallContext } from '../adapter.ts';

/** Names and values alternate, as undici takes them. */
export function requestHeaders({
  requestId,
  traceparent,
}: Pick<CallContext, 'requestId' | 'traceparent'>): string[] {
  return traceparent === undefined
    ? ['X-Request-Id', requestId]
    : ['X-Request-Id', requestId, 'traceparent', traceparent];
}
