/** Random bytes for identifiers and salts, read from the operating system's generator a page at a time. */
import { randomFillSync } from 'node:crypto';

const page = Buffer.allocUnsafeSlow(8192);
let used = page.length;

/** A copy of `length` (at most a page) fresh bytes. */
export function randomBytes(length: number): Buffer {
  if (used + length > page.length) {
    randomFillSync(page);
    used = 0;
  }
  const bytes = Buffer.allocUnsafe(length);
  used += page.copy(bytes, 0, used, used + length);
  return bytes;
}

/** A UUIDv7 (RFC 9562, section 5.7) in its 16 bytes; `now` in milliseconds since the epoch. */
export function uuidv7(now: number): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes;
}
