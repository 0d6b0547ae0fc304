/**
 * The signature algorithms that the gateway verifies (RFC 7518, RFC 8037, RFC 9864), and the keys that fit each.
 *
 * The gateway accepts no algorithm outside these tables: neither `none` nor HMAC.
 */
import { constants, type KeyObject, type SigningOptions } from 'node:crypto';

export interface Algorithm {
  readonly kty: string;
  readonly crv: string | undefined;
  /** Is a key of that type and curve strong enough? */
  readonly strong: (key: KeyObject) => boolean;
  /** How `node:crypto` verifies it. */
  readonly digest: string | null;
  readonly options: SigningOptions;
}

const p256: Algorithm = {
  kty: 'EC',
  crv: 'P-256',
  strong: () => true,
  digest: 'sha256',
  options: { dsaEncoding: 'ieee-p1363' },
};
const ed25519: Algorithm = { kty: 'OKP', crv: 'Ed25519', strong: () => true, digest: null, options: {} };
const rsa: Omit<Algorithm, 'options'> = {
  kty: 'RSA',
  crv: undefined,
  strong: ({ asymmetricKeyDetails: details }) =>
    details?.modulusLength !== undefined &&
    details.modulusLength >= 2048 &&
    details.modulusLength <= 8192 &&
    details.publicExponent !== undefined &&
    details.publicExponent >= 65_537n,
  digest: 'sha256',
};
const rsaPss: Algorithm = {
  ...rsa,
  options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
};
const rsaPkcs1: Algorithm = { ...rsa, options: { padding: constants.RSA_PKCS1_PADDING } };

export type Algorithms = ReadonlyMap<string, Algorithm>;

/** Algorithms of clients, by the `alg` of RFC 7515. `EdDSA` is the older name of `Ed25519` (RFC 9864); libraries send either. */
export const algorithms: Algorithms = new Map([
  ['ES256', p256],
  ['EdDSA', ed25519],
  ['Ed25519', ed25519],
  ['PS256', rsaPss],
]);

/** Algorithms of external issuers, within the limits of their contract: many still sign with RS256. */
export const issuerAlgorithms: Algorithms = new Map([...algorithms, ['RS256', rsaPkcs1]]);

/** The `alg` for signing with a key or importing it (RFC 7517). `undefined`: no algorithm here accepts the key. */
export function algorithmOf(jwk: { readonly kty?: unknown; readonly crv?: unknown }): string | undefined {
  for (const [name, algorithm] of algorithms) {
    if (algorithm.kty === jwk.kty && algorithm.crv === jwk.crv) return name;
  }
  return undefined;
}
