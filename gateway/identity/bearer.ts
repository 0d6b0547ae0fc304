/** Bearer tokens in the `Authorization` header, and the challenges that answer bad ones (RFC 6750, 2.1 and 3). */
import { Problem } from '../errors.ts';
import { InvalidToken } from './access-token.ts';
import { MalformedJws } from './compact-jws.ts';

const REALM = 'Bearer realm="lienthong"';
const SCHEME = 'bearer ';

/** @throws Problem `token_missing` when the header is absent or of another scheme */
export function readBearer(authorization: string | undefined): string {
  if (
    authorization === undefined ||
    authorization.length <= SCHEME.length ||
    authorization.slice(0, SCHEME.length).toLowerCase() !== SCHEME
  ) {
    throw new Problem('token_missing', { headers: { 'WWW-Authenticate': REALM } });
  }
  return authorization.slice(SCHEME.length);
}

/** @param description fixed text, without `"` and `\` */
export function tokenInvalid(description: string, cause?: unknown): Problem {
  return new Problem('token_invalid', {
    headers: { 'WWW-Authenticate': `${REALM}, error="invalid_token", error_description="${description}"` },
    cause,
  });
}

/** What a failed verification is for the caller; an error that is not the token's fault stays what it is. */
export function toProblem(error: unknown): unknown {
  return error instanceof InvalidToken || error instanceof MalformedJws
    ? tokenInvalid(error.message, error)
    : error;
}
