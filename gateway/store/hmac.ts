/**
 * HMAC-SHA-256 (RFC 2104) with a reused key, as two of Node's one-shot digests. A `Hmac` object is hardly slower, but
 * each is a native handle that garbage collection must finalise, five hundred for a batch of changes.
 */
import { hash } from 'node:crypto';

const BLOCK = 64;
const DIGEST = 32;
/** Longest message of the reused block; for a longer one the block is allocated each time. */
const ROOM = 1024;

/** @param key at most 64 bytes @returns the HMAC of a text (UTF-8), in base64url */
export function createKeyedHash(key: Buffer): (text: string) => string {
  if (key.length > BLOCK) throw new RangeError('the key is longer than a block');
  const inner = padded(key, 0x36, ROOM);
  const outer = padded(key, 0x5c, DIGEST);
  return (text) => {
    const length = Buffer.byteLength(text);
    const block = length <= ROOM ? inner : Buffer.concat([inner.subarray(0, BLOCK), Buffer.alloc(length)]);
    block.write(text, BLOCK);
    outer.write(hash('sha256', block.subarray(0, BLOCK + length), 'latin1'), BLOCK, 'latin1');
    return hash('sha256', outer, 'base64url');
  };
}

/** The key's block, each byte XORed with `pad`, followed by room for the message. */
function padded(key: Buffer, pad: number, room: number): Buffer {
  const block = Buffer.alloc(BLOCK + room);
  for (let i = 0; i < BLOCK; i++) block[i] = (key[i] ?? 0) ^ pad;
  return block;
}
