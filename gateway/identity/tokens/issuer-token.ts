/**
 * Access tokens of external issuers (RFC 9068, and the dialects of Keycloak and WSO2), as far as a file in `contracts/issuers`
 * trusts them: its algorithms, its audience, its lifetime, and only systems of its agencies. The claims are translated into a
 * `Caller`; agreements decide what the caller may do.
 */
import { errors, type JWTPayload, jwtVerify } from 'jose';
import { textFault } from '../../../adapters/values/unicode.ts';
import type { Catalog, Issuer } from '../../catalog/catalog.ts';
import { normaliseAgencyCode } from '../../catalog/formats/agency-code.ts';
import type { CompactJws } from '../../keys/compact-jws.ts';
import type { Caller } from '../caller.ts';
import { InvalidToken, readConfirmation } from './access-token.ts';
import type { IssuerKeys } from './issuer-keys.ts';

/** Seconds that the clocks of the issuer and the gateway may differ. */
const CLOCK_SKEW = 30;
const MAX_JTI = 200;

interface VerifyOptions {
  readonly issuer: Issuer;
  readonly keys: IssuerKeys;
  /** The audience of issuers whose file names none. */
  readonly audience: string;
  readonly catalog: Catalog;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** @throws InvalidToken */
export async function verifyIssuerToken(
  token: string,
  { header }: CompactJws,
  options: VerifyOptions,
): Promise<Caller> {
  const { issuer, keys, catalog, now } = options;
  const { alg, kid, typ = '' } = header;
  if (!issuer.algorithms.includes(alg)) throw new InvalidToken('the algorithm is not accepted');
  if (!issuer.types.includes(typ.toLowerCase().replace(/^application\//, ''))) {
    throw new InvalidToken('the token is of another type');
  }
  if (kid === undefined) throw new InvalidToken('the token does not say which key signed it');
  const [key] = await keys.find(issuer, alg, kid);
  if (!key) throw new InvalidToken('the token was signed by an unknown key');
  const { payload } = await jwtVerify(token, key.publicKey, {
    algorithms: [alg],
    issuer: issuer.url,
    audience: issuer.audience ?? options.audience,
    currentDate: new Date(now),
    requiredClaims: ['exp', 'iat', 'jti'],
  }).catch((cause: unknown) => {
    if (cause instanceof errors.JWTExpired) throw new InvalidToken('the token has expired', { cause });
    if (cause instanceof errors.JOSEError) throw new InvalidToken('the token does not verify', { cause });
    throw cause;
  });

  const { exp = Number.NaN, iat = Number.NaN, jti } = payload;
  if (!(iat <= now / 1000 + CLOCK_SKEW)) throw new InvalidToken('the token was issued in the future');
  if (!(exp - iat <= issuer.maxLifetime)) throw new InvalidToken('the token lives too long');
  // Evidence stores `jti` unchanged.
  if (!isText(jti) || jti.length > MAX_JTI || textFault(jti))
    throw new InvalidToken('jti must be a string of Unicode characters');
  const system = systemOf(payload, issuer, catalog);
  const confirmation = readConfirmation(payload.cnf);
  return Object.freeze({
    agency: system.agency.code,
    system: system.id,
    scopes: new Set(scopesOf(payload, issuer)),
    tokenId: jti,
    keyThumbprint: confirmation?.jkt ?? confirmation?.['x5t#S256'] ?? key.thumbprint,
    expiresAt: exp * 1000,
    confirmation,
    issuer: issuer.url,
  });
}

function systemOf(payload: JWTPayload, issuer: Issuer, catalog: Catalog) {
  const client = payload[issuer.clientClaim];
  const id = isText(client) ? issuer.systemOf(client) : undefined;
  const system = id === undefined ? undefined : catalog.systems.get(id);
  if (!system || !issuer.agencies.has(system.agency.code)) {
    throw new InvalidToken('the client of the token is not a registered system');
  }
  if (issuer.agencyClaim !== undefined) {
    const agency = payload[issuer.agencyClaim];
    if (!isText(agency) || normaliseAgencyCode(agency) !== system.agency.code) {
      throw new InvalidToken('the agency of the token is not that of the system');
    }
  }
  return system;
}

function scopesOf(payload: JWTPayload, issuer: Issuer): string[] {
  const claim = payload[issuer.scopeClaim];
  const names = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  return names.filter(isText).flatMap((name) => issuer.scopesOf(name));
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
