/**
 * Seals texts that leave the gateway and come back, or that PostgreSQL stores, against reading and change by others: AES-256-GCM,
 * bound to their context. Layout: nonce (12 bytes), tag (16), ciphertext. The gateway implements no other encryption.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { randomBytes } from '../runtime/random-bytes.ts';

export const NONCE = 12;
export const TAG = 16;

/**
 * @param key 32 bytes
 * @param belongsTo associated data: `unseal` needs the same
 */
export function seal(plain: Buffer, key: Buffer, belongsTo: string): Buffer {
  return sealWith(randomBytes(NONCE), plain, key, belongsTo);
}

/**
 * Seals deterministically: the nonce is a keyed hash of text and context, so no nonce is used for two texts.
 * A reader of two sealed texts learns whether their texts are equal, and nothing else.
 * @param nonceKey 32 bytes, for this use only
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

/** @returns `undefined`: sealed with another key or for another context, or not sealed */
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
