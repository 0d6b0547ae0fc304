/**
 * The signature algorithms that clients may use (RFC 7518, RFC 8037, RFC 9864), and the keys that fit each.
 *
 * What is not in this table does not exist for the gateway: not `none`, not HMAC, not RS256.
 */
import type { KeyObject } from 'node:crypto';

interface Algorithm {
  readonly kty: string;
  readonly crv: string | undefined;
  /** Is a key of that type and curve strong enough? */
  readonly strong: (key: KeyObject) => boolean;
}

const p256: Algorithm = { kty: 'EC', crv: 'P-256', strong: () => true };
const ed25519: Algorithm = { kty: 'OKP', crv: 'Ed25519', strong: () => true };
const rsaPss: Algorithm = {
  kty: 'RSA',
  crv: undefined,
  strong: ({ asymmetricKeyDetails: rsa }) =>
    rsa?.modulusLength !== undefined &&
    rsa.modulusLength >= 2048 &&
    rsa.modulusLength <= 8192 &&
    rsa.publicExponent !== undefined &&
    rsa.publicExponent >= 65_537n,
};

/** By the `alg` of RFC 7515. `EdDSA` is the older name of `Ed25519` (RFC 9864); libraries send either. */
export const algorithms: ReadonlyMap<string, Algorithm> = new Map([
  ['ES256', p256],
  ['EdDSA', ed25519],
  ['Ed25519', ed25519],
  ['PS256', rsaPss],
]);

/** The `alg` to sign with, or to import with, for a key (RFC 7517). `undefined`: no algorithm here takes it. */
export function algorithmOf(jwk: { readonly kty?: unknown; readonly crv?: unknown }): string | undefined {
  for (const [name, algorithm] of algorithms) {
    if (algorithm.kty === jwk.kty && algorithm.crv === jwk.crv) return name;
  }
  return undefined;
}
