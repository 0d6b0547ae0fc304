/**
 * A signing key as a row of the store: its private half is sealed under a key derived from the master key, bound to its `kid`.
 * The public half is derived from the private one, so an attacker who can only write to the database cannot plant a key.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWK_EC_Private,
  type JWK_EC_Public,
} from 'jose';
import { configError } from '../../runtime/config-error.ts';
import { seal, unseal } from '../../store/seal.ts';

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  /** The same key for node:crypto, which signs synchronously. */
  readonly privateKeyObject: KeyObject;
  readonly publicKey: CryptoKey;
  readonly publicJwk: PublicJwk;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export type PublicJwk = JWK_EC_Public & { kty: 'EC'; kid: string; alg: 'ES256'; use: 'sig' };

export interface SealedKey {
  readonly kid: string;
  readonly private_key: Buffer;
}

export interface SealedRow extends SealedKey {
  readonly not_before: Date;
  readonly not_after: Date | null;
}

/** A new key, or `given` (P-256, private), to be stored. Its `kid` is its RFC 7638 thumbprint. */
export async function sealKey(encryptionKey: Buffer, given?: KeyObject): Promise<SealedKey> {
  const jwk: JWK = given
    ? given.export({ format: 'jwk' })
    : await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, private_key: seal(Buffer.from(JSON.stringify(jwk)), encryptionKey, kid) };
}

/** @throws ConfigError when the key cannot be decrypted: it was stored under another master key */
export async function unsealKey(row: SealedRow, encryptionKey: Buffer): Promise<SigningKey> {
  const { kid } = row;
  const plain = unseal(row.private_key, encryptionKey, kid);
  if (!plain)
    throw configError(
      'MASTER_KEY',
      `signing key ${kid} cannot be decrypted: it was stored under another MASTER_KEY, or was changed in the database`,
    );
  const { crv, x, y, d }: JWK_EC_Private = JSON.parse(plain.toString());
  const publicJwk: PublicJwk = { kty: 'EC', crv, x, y, kid, alg: 'ES256', use: 'sig' };
  return {
    kid,
    privateKey: await importEc({ crv, x, y, d }),
    privateKeyObject: createPrivateKey({ key: { kty: 'EC', crv, x, y, d }, format: 'jwk' }),
    publicKey: await importEc({ crv, x, y }),
    publicJwk,
    notBefore: row.not_before.getTime(),
    notAfter: row.not_after?.getTime() ?? Number.POSITIVE_INFINITY,
  };
}

async function importEc(jwk: JWK_EC_Public | JWK_EC_Private): Promise<CryptoKey> {
  const key = await importJWK({ ...jwk, kty: 'EC' }, 'ES256');
  if (key instanceof Uint8Array) throw new TypeError('not an asymmetric key');
  return key;
}
