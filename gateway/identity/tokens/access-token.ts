/**
 * Access tokens: JWTs by RFC 9068, signed ES256 by the gateway, for the gateway.
 *
 * Beside the RFC's claims: `agency`, the code of the client's agency, and `client_key`, the RFC 7638 thumbprint of the
 * key with which the client authenticated, so that evidence names the key behind each call; and `cnf` (RFC 7800), when the
 * token is bound to its sender.
 */
import { randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Catalog, System } from '../../catalog/catalog.ts';
import { type CompactJws, isObject, MalformedJws } from '../../keys/compact-jws.ts';
import { hasLowS, toLowS } from '../../keys/low-s.ts';
import type { Caller, Confirmation } from '../caller.ts';
import { ACCESS_TOKEN_LIFETIME } from './access-token-lifetime.ts';
import type { SigningKey } from './sealed-key.ts';
import type { SigningKeys } from './signing-keys.ts';

export const MAX_TOKEN_LENGTH = 16_384;
/** Seconds that the clock of the replica which issued a token may be ahead. Expiry has no grace. */
const CLOCK_SKEW = 30;

interface AccessTokenClaims {
  readonly issuer: string;
  readonly system: System;
  readonly scope: string;
  readonly keyThumbprint: string;
  readonly confirmation: Confirmation | undefined;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

export async function signAccessToken(key: SigningKey, claims: AccessTokenClaims): Promise<string> {
  const { issuer, system, scope, keyThumbprint, confirmation } = claims;
  const iat = Math.floor(claims.issuedAt / 1000);
  const token = await new SignJWT({
    iss: issuer,
    aud: issuer,
    sub: system.id,
    client_id: system.id,
    scope,
    agency: system.agency.code,
    client_key: keyThumbprint,
    ...(confirmation && { cnf: confirmation }),
    jti: randomUUID(),
    iat,
    exp: iat + ACCESS_TOKEN_LIFETIME,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid })
    .sign(key.privateKey);
  return toLowS(token);
}

/** The token is refused. The message is fixed, and may be sent to the client. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';
}

interface VerifyOptions {
  readonly issuer: string;
  readonly keys: SigningKeys;
  readonly catalog: Catalog;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * @param jws the token, read and not verified
 * @throws InvalidToken, or MalformedJws, which is also the token's fault
 */
export async function verifyAccessToken(
  token: string,
  jws: CompactJws,
  options: VerifyOptions,
): Promise<Caller> {
  const { issuer, keys, catalog, now } = options;
  const key = await signingKey(token, jws, keys);
  const { payload } = await jwtVerify(token, key.publicKey, {
    algorithms: ['ES256'],
    typ: 'at+jwt',
    issuer,
    audience: issuer,
    currentDate: new Date(now),
    requiredClaims: ['exp'],
  }).catch((cause: unknown) => {
    if (cause instanceof errors.JWTExpired) throw new InvalidToken('the token has expired', { cause });
    if (cause instanceof errors.JOSEError) throw new InvalidToken('the token does not verify', { cause });
    throw cause;
  });
  const { aud, sub, client_id, scope, agency, client_key, cnf, jti, iat, exp } = payload;
  if (
    aud !== issuer ||
    !isText(sub) ||
    client_id !== sub ||
    typeof scope !== 'string' ||
    !isText(agency) ||
    !isText(client_key) ||
    !isText(jti) ||
    !Number.isSafeInteger(iat) ||
    !Number.isSafeInteger(exp) ||
    iat! > now / 1000 + CLOCK_SKEW ||
    exp! - iat! > ACCESS_TOKEN_LIFETIME
  ) {
    throw new InvalidToken('the claims of the token are not those of an access token');
  }
  if (catalog.systems.get(sub)?.agency.code !== agency) {
    throw new InvalidToken('the client is no longer registered');
  }
  return Object.freeze({
    agency,
    system: sub,
    scopes: new Set(scope.split(' ').filter(Boolean)),
    tokenId: jti,
    keyThumbprint: client_key,
    expiresAt: exp! * 1000,
    confirmation: readConfirmation(cnf),
  });
}

/**
 * The `cnf` claim. An unknown confirmation is refused: the token is bound to something that the gateway cannot check.
 * @throws InvalidToken
 */
export function readConfirmation(cnf: unknown): Confirmation | undefined {
  if (cnf === undefined) return undefined;
  const known = ['jkt', 'x5t#S256'];
  const entries = isObject(cnf) ? Object.entries(cnf) : [];
  if (entries.length === 0 || !entries.every(([name, value]) => known.includes(name) && isDigest(value))) {
    throw new InvalidToken('the confirmation of the token cannot be checked');
  }
  return Object.freeze(Object.fromEntries(entries));
}

/** A SHA-256 digest in base64url. */
function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value);
}

async function signingKey(token: string, jws: CompactJws, keys: SigningKeys): Promise<SigningKey> {
  const { alg, typ, kid, ...others } = jws.header;
  if (alg !== 'ES256' || typ !== 'at+jwt' || !kid || Object.keys(others).length > 0) {
    throw new MalformedJws('the header is not that of an access token');
  }
  if (!hasLowS(token)) throw new MalformedJws('the signature is not in its canonical form');
  let key = keys.find(kid);
  if (!key) {
    await keys.refresh();
    key = keys.find(kid);
  }
  if (!key) throw new InvalidToken('the token was signed by an unknown key');
  return key;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
