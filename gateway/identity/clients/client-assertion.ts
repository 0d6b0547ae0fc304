/**
 * Client authentication by `private_key_jwt` (RFC 7521, RFC 7523 and its 2025 update).
 *
 * - the client is registered for this method;
 * - signed by a key of the client that is in force, by an algorithm of `keys/algorithms.ts`;
 * - `iss` = `sub` = the client's id; `aud` = the issuer, as a string (FAPI 2.0 Security Profile, 5.3.2.1: never the token
 *   endpoint, never a list);
 * - `exp` required; from `iat` (or, without it, from now) to `exp` at most 60 seconds; clocks may differ by 30;
 * - `jti` required, accepted once.
 */
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { Catalog, System } from '../../catalog/catalog.ts';
import { algorithms } from '../../keys/algorithms.ts';
import { type CompactJws, MalformedJws, readCompact } from '../../keys/compact-jws.ts';
import type { VerificationKey } from '../../keys/jwk-set.ts';
import type { AcceptedAssertions } from './accepted-assertions.ts';
import type { ClientKeys } from './client-keys.ts';
import { OAuthError } from './oauth-error.ts';

const MAX_LENGTH = 8192;
/** Seconds. */
const MAX_LIFETIME = 60;
const CLOCK_SKEW = 30;
/** Accepted values of `typ`; any other (`at+jwt`, `dpop+jwt`) marks a token for another use. */
const types: ReadonlySet<string | undefined> = new Set([undefined, 'jwt', 'client-authentication+jwt']);

export interface AssertionOptions {
  readonly issuer: string;
  readonly catalog: Catalog;
  readonly clientKeys: ClientKeys;
  readonly accepted: AcceptedAssertions;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The form's `client_id`, when it has one. */
  readonly clientId: string | undefined;
}

interface AssertedClient {
  readonly system: System;
  /** RFC 7638 thumbprint of the key that signed. */
  readonly keyThumbprint: string;
}

/** @throws OAuthError */
export async function authenticateByAssertion(
  assertion: string,
  options: AssertionOptions,
): Promise<AssertedClient> {
  const { issuer, catalog, clientKeys, accepted, clientId } = options;
  const { header, payload } = read(assertion);
  if (!algorithms.has(header.alg)) throw refuse('the algorithm is not accepted');
  if (!types.has(header.typ?.toLowerCase().replace(/^application\//, ''))) {
    throw refuse('the token is of another type');
  }
  const { iss, sub } = payload;
  if (typeof iss !== 'string' || iss !== sub) throw refuse('iss and sub must both be the client id');
  if (clientId !== undefined && clientId !== iss)
    throw refuse('client_id is not the client of the assertion');
  const system = catalog.systems.get(iss);
  if (!system) throw refuse('the client is not known');
  if (system.authMethod !== 'private_key_jwt') {
    throw refuse('the client is registered for another method of authentication');
  }
  const keys = await clientKeys.find(system, header.alg, header.kid);
  const now = Math.floor(options.now / 1000);
  const { key, claims } = await verifyByOneOf(keys, assertion, {
    algorithms: [header.alg],
    issuer: iss,
    subject: iss,
    audience: issuer,
    clockTolerance: CLOCK_SKEW,
    currentDate: new Date(options.now),
    requiredClaims: ['exp', 'jti'],
  });
  const { aud, exp, iat, jti } = claims;
  if (aud !== issuer) throw refuse('aud must be the issuer alone');
  if (iat !== undefined && iat > now + CLOCK_SKEW) throw refuse('iat is in the future');
  const lifetime = iat === undefined ? exp! - now - CLOCK_SKEW : exp! - iat;
  if (lifetime > MAX_LIFETIME) throw refuse('the assertion lives longer than 60 seconds');
  if (typeof jti !== 'string' || jti === '') throw refuse('jti must be a string');

  const first = await accepted.accept(iss, jti, (exp! + CLOCK_SKEW) * 1000).catch((cause: unknown) => {
    throw new OAuthError('temporarily_unavailable', 'the assertion cannot be checked at present', {
      headers: { 'Retry-After': '5' },
      cause,
    });
  });
  if (!first) throw refuse('the assertion was used before');
  return { system, keyThumbprint: key.thumbprint };
}

/** Verifies by the client's key; tries several only when the assertion has no `kid`. */
async function verifyByOneOf(
  keys: readonly VerificationKey[],
  assertion: string,
  options: JWTVerifyOptions,
): Promise<{ key: VerificationKey; claims: JWTPayload }> {
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify(assertion, key.publicKey, options);
      return { key, claims: payload };
    } catch (cause) {
      if (cause instanceof errors.JWSSignatureVerificationFailed && key !== keys.at(-1)) continue;
      throw cause instanceof errors.JOSEError ? refuse(reasonOf(cause), cause) : cause;
    }
  }
  throw refuse('no key of the client fits the assertion');
}

function read(assertion: string): CompactJws {
  try {
    return readCompact(assertion, MAX_LENGTH);
  } catch (cause) {
    throw cause instanceof MalformedJws ? refuse(cause.message, cause) : cause;
  }
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'the assertion has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return claims.get(error.claim) ?? 'a claim is not accepted';
  }
  return 'the signature does not verify';
}

const claims: ReadonlyMap<string, string> = new Map([
  ['aud', 'aud must be the issuer'],
  ['exp', 'exp is missing or not a number'],
  ['nbf', 'the assertion is not valid yet'],
  ['iat', 'iat is not a number'],
  ['jti', 'jti is missing'],
]);

function refuse(description: string, cause?: unknown): OAuthError {
  return new OAuthError('invalid_client', description, { cause });
}
