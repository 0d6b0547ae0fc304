/**
 * Texts that leave the gateway and come back, or lie in PostgreSQL, and that nobody else may read or change: AES-256-GCM,
 * bound to what they belong to. Layout: nonce (12 bytes), tag (16), ciphertext. The only cipher of the gateway's own.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { randomBytes } from '../runtime/random-bytes.ts';

export const NONCE = 12;
export const TAG = 16;

/**
 * @param key 32 bytes
 * @param belongsTo associated data: it opens with the same only
 */
export function seal(plain: Buffer, key: Buffer, belongsTo: string): Buffer {
  return sealWith(randomBytes(NONCE), plain, key, belongsTo);
}

/**
 * Seals the same text, for the same, alike each time: the nonce is a keyed hash of both, so none is used for two texts.
 * Whoever sees two of them learns whether they are of the same text, and nothing else.
 * @param nonceKey 32 bytes, used for nothing else
 */
export function sealAlike(plain: Buffer, key: Buffer, nonceKey: Buffer, belongsTo: string): Buffer {
  const bound = Buffer.from(belongsTo);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bound.length));
  const hash = createHmac('sha256', nonceKey).update(length).update(bound).update(plain).digest();
  return sealWith(hash.subarray(0, NONCE), plain, key, belongsTo);
}

function sealWith(nonce: Buffer, plain: Buffer, key: Buffer, belongsTo: string): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(belongsTo));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** @returns `undefined`: not sealed under this key, or for something else */
export function unseal(sealed: Buffer, key: Buffer, belongsTo: string): Buffer | undefined {
  if (sealed.length < NONCE + TAG) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG })
    .setAAD(Buffer.from(belongsTo))
    .setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]);
  } catch {
    return undefined;
  }
}
