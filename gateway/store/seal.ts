/**
 * Texts that leave the gateway and come back, or lie in PostgreSQL, and that nobody else may read or change: AES-256-GCM,
 * bound to what they belong to. Layout: nonce (12 bytes), tag (16), ciphertext.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const NONCE = 12;
const TAG = 16;

/**
 * @param key 32 bytes
 * @param belongsTo associated data: it opens with the same only
 */
export function seal(plain: Buffer, key: Buffer, belongsTo: string): Buffer {
  const nonce = randomBytes(NONCE);
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
