/** Catalogue files must be UTF-8 (RFC 3629). A decoder that replaces bad bytes by U+FFFD would change names silently. */
import { isUtf8 } from 'node:buffer';

const BOM = '\ufeff';

export type Text = { readonly text: string } | { readonly line: number; readonly message: string };

/** The text without a byte order mark, or the first place that is not UTF-8 (`byte` counts from 0). */
export function decodeText(bytes: Buffer): Text {
  if (!isUtf8(bytes)) {
    const byte = firstInvalid(bytes);
    const line = 1 + bytes.subarray(0, byte).filter((code) => code === NEWLINE).length;
    const value = `0x${bytes[byte]!.toString(16).padStart(2, '0')}`;
    return { line, message: `is not UTF-8: ${value} at byte ${byte}${hint(bytes)}; save it as UTF-8` };
  }
  const whole = bytes.toString('utf8');
  const text = whole.startsWith(BOM) ? whole.slice(1) : whole;
  const damaged = text.indexOf('\ufffd');
  if (damaged === -1) return { text };
  const line = text.slice(0, damaged).split('\n').length;
  const byte = Buffer.byteLength(whole.slice(0, whole.indexOf('\ufffd')));
  return {
    line,
    message: `holds U+FFFD at byte ${byte}: it was read in another encoding before, and letters are lost`,
  };
}

const NEWLINE = 10;

function hint(bytes: Buffer): string {
  const [one, two] = bytes;
  const utf16 = (one === 0xff && two === 0xfe) || (one === 0xfe && two === 0xff);
  return utf16 ? ', as UTF-16 begins' : '';
}

function firstInvalid(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    const length = lengthOf(bytes[at]!);
    if (!isUtf8(bytes.subarray(at, at + length))) return at;
    at += length;
  }
  return at;
}

/** Length in bytes of a character, by its first byte. */
function lengthOf(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}
