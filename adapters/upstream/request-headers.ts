/** What names a request towards a registry: its id, and the trace that it belongs to (W3C Trace Context). */
import type { CallContext } from '../adapter.ts';

/** Names and values in turn, as undici takes them. */
export function requestHeaders({
  requestId,
  traceparent,
}: Pick<CallContext, 'requestId' | 'traceparent'>): string[] {
  return traceparent === undefined
    ? ['X-Request-Id', requestId]
    : ['X-Request-Id', requestId, 'traceparent', traceparent];
}
