/** Numbers of parcels, map sheets and certificates (docs/registries.md, "Identifiers"). */
import { withoutUnseen } from '../../../adapters/values/unicode.ts';
import { digits, isUpperLetter } from './digits.ts';

/**
 * `certificate-number`: one or two letters (A-Z, Đ) and 6 to 8 digits, `AM 143443`, `AA 01695788`, as papers have it: with or without
 * a space, in upper or lower case. Certificates of house ownership of before 2009 have digits alone, up to 15.
 */
export function isCertificateNumber(text: string): boolean {
  let start = 0;
  while (start < 2 && isCertificateLetter(text, start)) start++;
  const letters = start;
  if (letters > 0 && text[start] === ' ') start++;
  const length = text.length - start;
  return length >= 6 && length <= (letters > 0 ? 8 : 15) && digits(text, start);
}

function isCertificateLetter(text: string, index: number): boolean {
  const letter = text[index]?.toUpperCase();
  return (
    letter !== undefined && (letter === 'Đ' || (letter.length === 1 && isUpperLetter(letter.charCodeAt(0))))
  );
}

const CADASTRAL_SIGNS = new Set(' .,-()[]+_');
const LETTER_OR_DIGIT = /^[\p{L}\p{M}0-9]$/u;

/** Old identity cards have nine digits, personal numbers twelve, also set out in groups: neither may stand in an address by mistake. */
function isNumberOfPerson(text: string): boolean {
  return /\d{9}/.test(text) || /\d{12}/.test(text.replaceAll(/[ .,()[\]+_-]/g, ''));
}

/**
 * `cadastral-number`: of a map sheet or a parcel, as its registry writes it: `12`, `12-Đ`, `DC 5`, `(1)`, `[12]`, `01.2`. 1 to 20
 * letters, digits and signs, of which one is a letter or a digit; no slash, which parts the identifier of a parcel, no space around
 * it, and no nine digits in a row, nor twelve in groups. Accents are composed (NFC): a letter and its accent apart, or a
 * character that cannot be seen, would be the identifier of another parcel.
 */
export function isCadastralNumber(text: string): boolean {
  if (text.length > 20 || text !== text.trim() || text !== text.normalize() || isNumberOfPerson(text))
    return false;
  if (text !== withoutUnseen(text)) return false;
  let said = false;
  for (const character of text) {
    if (LETTER_OR_DIGIT.test(character)) said = true;
    else if (!CADASTRAL_SIGNS.has(character)) return false;
  }
  return said;
}
