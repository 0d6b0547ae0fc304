/**
 * What text may be: Unicode, as I-JSON limits it (RFC 7493, section 2.1), and without NUL.
 *
 * Half of a surrogate pair is no character, and a noncharacter (U+FFFE, U+FFFF, U+FDD0 to U+FDEF, the last two of each plane)
 * is never one that somebody wrote. PostgreSQL has no NUL in `text` or `jsonb`, and programs in C end a text there. Each reader
 * does something else with them: one stops, one drops them, one puts U+FFFD in their place. So none is passed on.
 */

export type TextFault = 'nul' | 'surrogate' | 'noncharacter';

/** Code units that no sound text has, or only in pairs: most texts are through after this. */
const SUSPECT = /[\0\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/;
const NONCHARACTER = /\p{Noncharacter_Code_Point}/u;
const NOT_TEXT = /[\0\p{Surrogate}\p{Noncharacter_Code_Point}]/gu;

/** Why `text` is none; `undefined`: it is sound. */
export function textFault(text: string): TextFault | undefined {
  if (!SUSPECT.test(text)) return undefined;
  if (text.includes('\0')) return 'nul';
  if (!text.isWellFormed()) return 'surrogate';
  return NONCHARACTER.test(text) ? 'noncharacter' : undefined;
}

/** `text` with U+FFFD in the place of what is no text: for names in errors. */
export function legible(text: string): string {
  return SUSPECT.test(text) ? text.replaceAll(NOT_TEXT, '\ufffd') : text;
}

/** UTF-8 without the byte order mark that some programs write before it (RFC 8259, section 8.1). */
export function withoutBom(bytes: Buffer): Buffer {
  const begins = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return begins ? bytes.subarray(3) : bytes;
}

/** Characters that nobody sees; Unicode counts some of them (Hangul fillers, variation selectors) as letters and marks. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;

export function withoutUnseen(text: string): string {
  return text.replaceAll(UNSEEN, '');
}
