/**
 * Sound text: Unicode within the limits of I-JSON (RFC 7493, section 2.1), and without NUL.
 *
 * Half of a surrogate pair is no character, and nobody writes a noncharacter (U+FFFE, U+FFFF, U+FDD0 to U+FDEF, the last two of
 * each plane). PostgreSQL has no NUL in `text` or `jsonb`, and C programs end a text at one. Readers treat all of these
 * differently: some stop, some drop them, some replace them by U+FFFD. So none is passed on.
 */

export type TextFault = 'nul' | 'surrogate' | 'noncharacter';

/** Code units that no sound text has, or only in pairs. Most texts pass with this one test. */
const SUSPECT = /[\0\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/;
const NONCHARACTER = /\p{Noncharacter_Code_Point}/u;
const NOT_TEXT = /[\0\p{Surrogate}\p{Noncharacter_Code_Point}]/gu;

/** The fault of a text; `undefined`: it is sound. */
export function textFault(text: string): TextFault | undefined {
  if (!SUSPECT.test(text)) return undefined;
  if (text.includes('\0')) return 'nul';
  if (!text.isWellFormed()) return 'surrogate';
  return NONCHARACTER.test(text) ? 'noncharacter' : undefined;
}

/** The text with U+FFFD in place of unsound characters: for names in errors. */
export function legible(text: string): string {
  return SUSPECT.test(text) ? text.replaceAll(NOT_TEXT, '\ufffd') : text;
}

/** UTF-8 without the byte order mark that some programs write before it (RFC 8259, section 8.1). */
export function withoutBom(bytes: Buffer): Buffer {
  const begins = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return begins ? bytes.subarray(3) : bytes;
}

/** Invisible characters. Unicode classifies some of them (Hangul fillers, variation selectors) as letters and marks. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;

export function withoutUnseen(text: string): string {
  return text.replaceAll(UNSEEN, '');
}
