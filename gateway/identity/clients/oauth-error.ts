/**
 * Errors of the token and the revocation endpoint (RFC 6749, 5.2; RFC 7009, 2.2.1; RFC 8707, 2; RFC 9449, 5 and 8; RFC 6749,
 * 4.1.2.1 for the last two).
 */
import type { ProblemCode } from '../../problems/codes.ts';
import type { AuthenticatedClient } from './authenticated-client.ts';

const statuses = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unsupported_grant_type: 400,
  unsupported_token_type: 400,
  invalid_scope: 400,
  invalid_target: 400,
  invalid_dpop_proof: 400,
  use_dpop_nonce: 400,
  temporarily_unavailable: 503,
  server_error: 500,
} as const;

export type OAuthErrorCode = keyof typeof statuses;

export const oauthErrorCodes: readonly string[] = Object.keys(statuses);

/** Why an authenticated client is refused: in writing, with the legal basis (Decree 194/2025, article 16). */
export interface Ground {
  /** The problem code with which a call would be refused for the same reason. */
  readonly code: ProblemCode;
  readonly agreement?: string;
  readonly legalBasis: readonly string[];
}

interface OAuthErrorOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly ground?: Ground;
  /** A fixed word for the evidence (`binding_required`); the ground's code where there is one. */
  readonly reason?: string;
  readonly cause?: unknown;
}

export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly code: OAuthErrorCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly ground: Ground | undefined;
  readonly reason: string | undefined;
  /** The refused client, if it has authenticated: then the refusal leaves evidence. */
  client: AuthenticatedClient | undefined;

  /** @param description fixed text in ASCII, without input of the client and without secrets */
  constructor(code: OAuthErrorCode, description: string, options: OAuthErrorOptions = {}) {
    super(description, { cause: options.cause });
    this.code = code;
    this.status = options.status ?? statuses[code];
    this.ground = options.ground;
    this.reason = options.reason ?? options.ground?.code;
    // RFC 9110, 15.5.2: a 401 says how to authenticate.
    this.headers = { ...(this.status === 401 && challengeOf(code, description)), ...options.headers };
  }
}

/**
 * No scheme is registered for assertions and certificates. OAuth clients understand `Bearer`, and an assertion has the type
 * `jwt-bearer`. Libraries that read the challenge before the body find the error there too.
 */
function challengeOf(code: OAuthErrorCode, description: string): Readonly<Record<string, string>> {
  return {
    'WWW-Authenticate': `Bearer realm="lienthong", error="${code}", error_description="${description}"`,
  };
}
