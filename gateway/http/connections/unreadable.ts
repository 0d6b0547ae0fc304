/**
 * Answers bytes that are no HTTP request (RFC 9112): by hand, since there is no request to reply to, and with a closing
 * response, since the start of another request cannot be found.
 */
import type { Socket } from 'node:net';
import type { ProblemCode } from '../../problems/codes.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { type ClosingResponse, closingResponse } from '../../wire/closing-response.ts';
import type { Connections } from './connections.ts';

/** A caller that has left gets no answer. */
const BROKEN_OFF: ClosingResponse = { status: 400, code: 'malformed_request', bytes: '' };

/** By the code of Node's error; any other is 400. */
const REASONS: Readonly<Record<string, readonly [status: number, code: ProblemCode]>> = {
  HPE_HEADER_OVERFLOW: [431, 'header_too_large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'body_too_large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'malformed_request'],
};

/** The statuses that are counted. */
export const unreadableStatuses: readonly number[] = [
  400,
  ...Object.values(REASONS).map(([status]) => status),
];

/** Answers bytes on `socket` that Node could not read. */
export function answerUnreadable(
  error: Error & { readonly code?: string },
  socket: Socket,
  connections: Pick<Connections, 'closeWith' | 'isReceiving'>,
  metrics: Pick<Metrics, 'unreadable'>,
): void {
  // TLS has failed, so the caller could not read an answer. (This includes a client certificate that does not verify under
  // its issuer: OpenSSL's error stays queued, and Node reports it at the connection's next read.)
  if (error.code === 'ECONNRESET' || /^ERR_(SSL|TLS)_/.test(error.code ?? '') || !socket.writable) {
    socket.destroy();
    return;
  }
  // The caller closed its side within a body: it has left, and the call is counted as such (`http/app.ts`).
  if (error.code === 'HPE_INVALID_EOF_STATE' && connections.isReceiving(socket)) {
    connections.closeWith(socket, BROKEN_OFF);
    return;
  }
  const [status, code] = REASONS[error.code ?? ''] ?? [400, 'malformed_request'];
  metrics.unreadable.inc({ status });
  connections.closeWith(socket, closingResponse(status, code));
}
