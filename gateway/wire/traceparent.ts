/**
 * The caller's trace context, passed on to the registry unchanged (W3C Trace Context, 4.3: a service that takes no part in
 * tracing forwards the header unchanged). A malformed header is not passed on, so that callers cannot use it to send other data
 * to registries.
 */
import type { IncomingHttpHeaders } from 'node:http';

const FORM = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export function traceparentOf(headers: IncomingHttpHeaders): string | undefined {
  const { traceparent } = headers;
  return typeof traceparent === 'string' && FORM.test(traceparent) ? traceparent : undefined;
}
