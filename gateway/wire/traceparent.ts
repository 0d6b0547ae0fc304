/**
 * The caller's place in a trace, to be passed on to the registry as it is (W3C Trace Context, 4.3: a service that takes
 * no part in tracing forwards the header unchanged). One that is malformed is not passed on: nothing but a trace may be
 * told to registries under this name.
 */
import type { IncomingHttpHeaders } from 'node:http';

const FORM = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export function traceparentOf(headers: IncomingHttpHeaders): string | undefined {
  const { traceparent } = headers;
  return typeof traceparent === 'string' && FORM.test(traceparent) ? traceparent : undefined;
}
