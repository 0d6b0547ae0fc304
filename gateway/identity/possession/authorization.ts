/**
 * Tokens in the `Authorization` header, and the challenges that answer bad ones: bearer tokens (RFC 6750, 2.1 and 3)
 * and tokens bound to a DPoP key (RFC 9449, 7.1).
 */

import { algorithms } from '../../keys/algorithms.ts';
import { MalformedJws } from '../../keys/compact-jws.ts';
import { Problem } from '../../problems/problem.ts';
import { InvalidToken } from '../tokens/access-token.ts';

export type Scheme = 'Bearer' | 'DPoP';

export interface SentToken {
  readonly scheme: Scheme;
  readonly token: string;
}

const REALM = 'realm="lienthong"';
const ALGORITHMS = `algs="${[...algorithms.keys()].join(' ')}"`;
const BEARER = 'bearer ';
const DPOP = 'dpop ';

/** @throws Problem `token_missing` when the header is absent or of another scheme */
export function readAuthorization(authorization: string | undefined): SentToken {
  if (authorization !== undefined) {
    if (authorization.length > BEARER.length && startsWith(authorization, BEARER)) {
      return { scheme: 'Bearer', token: authorization.slice(BEARER.length) };
    }
    if (authorization.length > DPOP.length && startsWith(authorization, DPOP)) {
      return { scheme: 'DPoP', token: authorization.slice(DPOP.length) };
    }
  }
  const headers = { 'WWW-Authenticate': `Bearer ${REALM}, DPoP ${REALM}, ${ALGORITHMS}` };
  throw new Problem('token_missing', { headers });
}

function startsWith(authorization: string, scheme: string): boolean {
  return authorization.slice(0, scheme.length).toLowerCase() === scheme;
}

type ChallengeError = 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce';

/** @param description fixed text, without `"` and `\` */
export function challenge(
  scheme: Scheme,
  error: ChallengeError,
  description: string,
): Readonly<Record<string, string>> {
  const value = `${scheme} ${REALM}, error="${error}", error_description="${description}"`;
  return { 'WWW-Authenticate': scheme === 'DPoP' ? `${value}, ${ALGORITHMS}` : value };
}

/** The problem of a token that does not verify; any other error is returned unchanged. */
export function toProblem(error: unknown, scheme: Scheme): unknown {
  if (!(error instanceof InvalidToken || error instanceof MalformedJws)) return error;
  return new Problem('token_invalid', {
    headers: challenge(scheme, 'invalid_token', error.message),
    cause: error,
  });
}
