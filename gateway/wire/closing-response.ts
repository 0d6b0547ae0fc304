/** Writes by hand the response before a connection closes: a refusal when no request exists to reply to. */
import { STATUS_CODES } from 'node:http';
import type { ProblemCode } from '../problems/codes.ts';

/** The last response of a connection. */
export interface ClosingResponse {
  readonly status: number;
  readonly code: ProblemCode;
  /** The whole response. */
  readonly bytes: string;
}

/** A problem (RFC 9457) with its code alone, after which the connection closes. */
export function closingResponse(status: number, code: ProblemCode): ClosingResponse {
  const title = STATUS_CODES[status];
  const body = JSON.stringify({ type: `urn:lienthong:problem:${code}`, title, status, code });
  const bytes = [
    `HTTP/1.1 ${status} ${title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
  return { status, code, bytes };
}
