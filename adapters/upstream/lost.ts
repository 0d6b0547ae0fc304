import { errors } from 'undici';
import type { UpstreamFailure } from '../adapter.ts';

/** The reason why an attempt brought no answer. */
export interface Lost {
  readonly failure: UpstreamFailure;
  readonly reason?: string;
  /** Does it count against the upstream? */
  readonly counts: boolean;
  /** Might another attempt succeed? */
  readonly retry: boolean;
}

const connection: Lost = { failure: 'failed', counts: true, retry: true };
const notHttp: Lost = { failure: 'malformed', reason: 'not_http', counts: true, retry: false };

/** By the code of Node's or undici's error (undici 8, lib/core/errors.js). */
const byCode: Readonly<Record<string, Lost>> = {
  ECONNREFUSED: connection,
  ECONNRESET: connection,
  ECONNABORTED: connection,
  EPIPE: connection,
  ETIMEDOUT: connection,
  EHOSTUNREACH: connection,
  ENETUNREACH: connection,
  ENOTFOUND: connection,
  EAI_AGAIN: connection,
  UND_ERR_CONNECT_TIMEOUT: connection,
  UND_ERR_SOCKET: connection,
  // The connection ended in the middle of a body.
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: connection,
  UND_ERR_HEADERS_OVERFLOW: notHttp,
  // An upstream that sends too much is alive.
  UND_ERR_RES_EXCEEDED_MAX_SIZE: {
    failure: 'malformed',
    reason: 'answer_too_large',
    counts: false,
    retry: false,
  },
  PACKED_TOO_LARGE: { failure: 'malformed', reason: 'answer_too_large', counts: false, retry: false },
  PACKED_UNREADABLE: { failure: 'malformed', counts: false, retry: false },
  // A request that HTTP cannot carry says nothing about the upstream.
  UND_ERR_INVALID_ARG: { failure: 'failed', counts: false, retry: false },
};

/** TLS errors and all others: another attempt right away would not help. */
const otherwise: Lost = { failure: 'failed', counts: true, retry: false };

export function classify(error: unknown): Lost {
  // undici's parser error has no reliable code.
  if (error instanceof errors.HTTPParserError) return notHttp;
  return byCode[codeOf(error)] ?? otherwise;
}

/** The error's code, the only part of it that may go further: message and members of a parser's error quote the answer. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
