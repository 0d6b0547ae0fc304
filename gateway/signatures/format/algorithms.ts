/**
 * Signature algorithms (RFC 9421, 3.3), one for each kind of key: the key decides, and an `alg` parameter must agree with it.
 * The gateway has no other algorithms: no HMAC, no PKCS #1 v1.5.
 */
import { constants, type KeyObject, sign, verify } from 'node:crypto';

export interface SignatureAlgorithm {
  /** In the registry of HTTP signature algorithms. */
  readonly name: string;
  sign(base: Buffer, privateKey: KeyObject): Buffer;
  verify(base: Buffer, publicKey: KeyObject, signature: Buffer): boolean;
}

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 } as const;

const ecdsaP256: SignatureAlgorithm = {
  name: 'ecdsa-p256-sha256',
  sign: (base, key) => sign('sha256', base, { key, dsaEncoding: 'ieee-p1363' }),
  verify: (base, key, signature) => verify('sha256', base, { key, dsaEncoding: 'ieee-p1363' }, signature),
};

const ed25519: SignatureAlgorithm = {
  name: 'ed25519',
  sign: (base, key) => sign(null, base, key),
  verify: (base, key, signature) => verify(null, base, key, signature),
};

const rsaPss: SignatureAlgorithm = {
  name: 'rsa-pss-sha512',
  sign: (base, key) => sign('sha512', base, { key, ...pss }),
  verify: (base, key, signature) => verify('sha512', base, { key, ...pss }, signature),
};

/** The algorithm of a key; `undefined`: the gateway has none for it. */
export function algorithmFor(key: KeyObject): SignatureAlgorithm | undefined {
  switch (key.asymmetricKeyType) {
    case 'ec':
      return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? ecdsaP256 : undefined;
    case 'ed25519':
      return ed25519;
    case 'rsa':
    case 'rsa-pss':
      return rsaPss;
    default:
      return undefined;
  }
}
