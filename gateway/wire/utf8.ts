/** Text in several parts, as the bytes to send. */

const MOST_BYTES_OF_A_UNIT = 3;
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * UTF-8 of `parts`, one after the other. Joined as a string first, text with any Vietnamese in it would be copied at two
 * bytes a character, looked through for its length, and only then written.
 */
export function utf8(...parts: readonly string[]): Buffer {
  let most = 0;
  for (const part of parts) most += part.length * MOST_BYTES_OF_A_UNIT;
  if (most > scratch.length) return Buffer.from(parts.join(''));
  let end = 0;
  for (const part of parts) end += scratch.write(part, end);
  return Buffer.from(scratch.subarray(0, end));
}
