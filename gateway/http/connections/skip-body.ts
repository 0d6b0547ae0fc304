/**
 * Where does a chunked body end (RFC 9112, section 7.1)? The parser checks chunks; here they are only counted. What breaks
 * their rules ends the connection there, so that it does not matter where this would have gone on.
 */

/** Takes the bytes that come; @returns those after the body's end, once it has come */
export type Skip = (bytes: Buffer) => Buffer | undefined;

const LF = 0x0a;
/** Digits of a chunk's size in hexadecimal, without zeros before them: more would be past any memory. */
const MOST_DIGITS = 12;
/** Characters of a line that are looked at: zeros before a size may be many, and the parser takes them. */
const MOST_OF_LINE = 16 * 1024;

export function createChunkSkipper(): Skip {
  /** Bytes of the chunk, and of its CRLF, that are still to come. */
  let left = 0;
  /** The line that is being read, without its end: a chunk's size, or a trailer. */
  let line = '';
  let last = false;

  /** A line is whole. @returns is the body over? */
  const take = (): boolean => {
    const text = line.trimEnd();
    line = '';
    if (last) return text === '';
    const digits = /^0*([0-9a-f]*)/i.exec(text)?.[1] ?? '';
    // A size that no memory holds, or none at all, ends at the parser's: nothing after it is ever looked at.
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
      // Of a line, its beginning says all; an endless one is the parser's to refuse.
      line = (line + bytes.toString('latin1', at, end < 0 ? bytes.length : end)).slice(0, MOST_OF_LINE);
      if (end < 0) return undefined;
      at = end + 1;
      if (take()) return bytes.subarray(at);
    }
    return undefined;
  };
}
