/** Converts text in several parts to bytes. */

const MOST_BYTES_OF_A_UNIT = 3;
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * UTF-8 of `parts`, one after the other. Joining them first would copy a text with any Vietnamese in it at two
 * bytes a character and measure it, before the bytes are written.
 */
export function utf8(...parts: readonly string[]): Buffer {
  let most = 0;
  for (const part of parts) most += part.length * MOST_BYTES_OF_A_UNIT;
  if (most > scratch.length) return Buffer.from(parts.join(''));
  let end = 0;
  for (const part of parts) end += scratch.write(part, end);
  const bytes = Buffer.allocUnsafe(end);
  scratch.copy(bytes, 0, 0, end);
  return bytes;
}
