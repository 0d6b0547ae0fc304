/** Numbers of parcels, map sheets and certificates (docs/registries.md, "Identifiers"). */
import { withoutUnseen } from '../../../adapters/values/unicode.ts';
import { digits, isUpperLetter } from './digits.ts';

/**
 * `certificate-number`: one or two letters (A-Z, Đ) and 6 to 8 digits, `AM 143443`, `AA 01695788`, with or without a space, in
 * upper or lower case, as on paper. Certificates of house ownership from before 2009 have up to 15 digits and no letters.
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

/** Nine digits (an old identity card) or twelve (a personal number), also in groups: an address must not hold one by mistake. */
function isNumberOfPerson(text: string): boolean {
  return /\d{9}/.test(text) || /\d{12}/.test(text.replaceAll(/[ .,()[\]+_-]/g, ''));
}

/**
 * `cadastral-number`: the number of a map sheet or a parcel, as its registry writes it: `12`, `12-Đ`, `DC 5`, `(1)`, `[12]`,
 * `01.2`. 1 to 20 letters, digits and signs, at least one of them a letter or a digit; no slash, which separates the parts of a
 * parcel's identifier; no space around it; no nine digits in a row, nor twelve in groups. Accents are composed (NFC), and no
 * character is invisible: two spellings that look alike would identify two parcels.
 */
export function isCadastralNumber(text: string): boolean {
  if (text.length > 20 || text !== text.trim() || text !== text.normalize() || isNumberOfPerson(text))
    return false;
  if (text !== withoutUnseen(text)) return false;
  let hasLetterOrDigit = false;
  for (const character of text) {
    if (LETTER_OR_DIGIT.test(character)) hasLetterOrDigit = true;
    else if (!CADASTRAL_SIGNS.has(character)) return false;
  }
  return hasLetterOrDigit;
}
