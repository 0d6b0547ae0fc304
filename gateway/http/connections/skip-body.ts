/**
 * Finds the end of a chunked body (RFC 9112, section 7.1). The parser validates chunks; this module only counts them. A body
 * that breaks the rules ends the connection in the parser, so a wrong end here does not matter.
 */

/** Takes the next bytes; @returns the ones after the body's end, once it has been reached */
export type Skip = (bytes: Buffer) => Buffer | undefined;

const LF = 0x0a;
/** Most hexadecimal digits of a chunk's size, without leading zeros: more would exceed any memory. */
const MOST_DIGITS = 12;
/** Most characters of a line that are kept: a size may have many leading zeros, which the parser accepts. */
const MOST_OF_LINE = 16 * 1024;

export function createChunkSkipper(): Skip {
  /** Remaining bytes of the chunk, with its CRLF. */
  let left = 0;
  /** The current line, without its end: a chunk's size, or a trailer. */
  let line = '';
  let last = false;

  /** Handles a complete line. @returns has the body ended? */
  const take = (): boolean => {
    const text = line.trimEnd();
    line = '';
    if (last) return text === '';
    const digits = /^0*([0-9a-f]*)/i.exec(text)?.[1] ?? '';
    // The parser refuses a size beyond any memory, and a missing one: no later bytes are checked.
    const size =
      digits.length > MOST_DIGITS ? Number.MAX_SAFE_INTEGER - 2 : Number.parseInt(digits || '0', 16);
    if (size === 0) last = true;
    else left = size + 2;
    return false;
  };

  return (bytes) => {
    let at = 0;
    while (at < bytes.length) {
      if (left > 0) {
        const taken = Math.min(left, bytes.length - at);
        left -= taken;
        at += taken;
        continue;
      }
      const end = bytes.indexOf(LF, at);
      // The beginning of a line is enough; the parser refuses an endless one.
      line = (line + bytes.toString('latin1', at, end < 0 ? bytes.length : end)).slice(0, MOST_OF_LINE);
      if (end < 0) return undefined;
      at = end + 1;
      if (take()) return bytes.subarray(at);
    }
    return undefined;
  };
}
