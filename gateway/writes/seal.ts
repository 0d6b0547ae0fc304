/** What a write stores of persons is readable with the master key only: AES-256-GCM, bound to the write it belongs to. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const IV = 12;
const TAG = 16;

/** @param use what it is (`intent`), so that nothing can be put in another thing's place */
export function seal(key: Buffer, id: string, use: string, value: unknown): Buffer {
  const iv = randomBytes(IV);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(`${use} ${id}`));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

/** @throws Error when it was sealed under another master key, or changed in the database */
export function unseal(key: Buffer, id: string, use: string, stored: Buffer): unknown {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, stored.subarray(0, IV), { authTagLength: TAG })
      .setAAD(Buffer.from(`${use} ${id}`))
      .setAuthTag(stored.subarray(IV, IV + TAG));
    return JSON.parse(
      Buffer.concat([decipher.update(stored.subarray(IV + TAG)), decipher.final()]).toString('utf8'),
    );
  } catch (cause) {
    throw new Error(`the ${use} of write ${id} cannot be unsealed: another MASTER_KEY, or it was changed`, {
      cause,
    });
  }
}
