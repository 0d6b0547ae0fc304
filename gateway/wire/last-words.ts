/** The last answer of a connection, written by hand: a refusal where no request is there to reply to. */
import { STATUS_CODES } from 'node:http';
import type { ProblemCode } from '../problems/codes.ts';

/** The last answer of a connection. */
export interface LastWords {
  readonly status: number;
  readonly code: ProblemCode;
  /** All of it. */
  readonly bytes: string;
}

/** A problem (RFC 9457) with its code alone, after which the connection closes. */
export function lastWords(status: number, code: ProblemCode): LastWords {
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
