/**
 * SHA-256 over salt || bytes: the digest that evidence keeps of a request and of an answer.
 *
 * Salted, because a bare hash of a request that holds a 12-digit number is reversed in a second. With the salt, a party that
 * kept the bytes can prove them; once the salt is erased, nobody can.
 */
import { createHash, hash } from 'node:crypto';

const SALT_LENGTH = 32;
const scratch = Buffer.allocUnsafeSlow(16_384);

/**
 * Strings are digested in UTF-8.
 * @returns the 32 bytes as text, in Latin-1: a buffer of its own would cost as much as the digest of a small request
 */
export function saltedDigest(salt: Buffer, content: string | Buffer): string {
  const most = SALT_LENGTH + (typeof content === 'string' ? content.length * 3 : content.length);
  if (most > scratch.length) return createHash('sha256').update(salt).update(content).digest('latin1');
  scratch.set(salt);
  let length: number;
  if (typeof content === 'string') {
    length = scratch.write(content, SALT_LENGTH);
  } else {
    scratch.set(content, SALT_LENGTH);
    length = content.length;
  }
  // One call for the whole input is three times faster than a Hash object.
  return hash('sha256', scratch.subarray(0, SALT_LENGTH + length), 'latin1');
}
