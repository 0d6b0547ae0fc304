/** Codes of enterprises and of household businesses (docs/registries.md, "Identifiers"). */
import { digit, digits } from './digits.ts';
import { isPersonalId } from './person-numbers.ts';

const WEIGHTS = [31, 29, 23, 19, 17, 13, 7, 5, 3] as const;

/**
 * `enterprise-code`: 10 digits; the last is a check digit, `10 − (Σ mod 11)`; a dependent unit adds `-001` … `-999`. The
 * sequence (third to ninth digit) is never zero.
 */
export function isEnterpriseCode(text: string): boolean {
  if (text.length === 14) {
    if (text[10] !== '-' || !digits(text, 11) || text.endsWith('000')) return false;
  } else if (text.length !== 10) {
    return false;
  }
  if (!digits(text, 0, 10) || text.startsWith('0000000', 2)) return false;
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * digit(text, index), 0);
  return sum % 11 !== 0 && digit(text, 9) === 10 - (sum % 11);
}

/**
 * `tax-code`: an enterprise code, or the personal identification number of the person behind a household business, which is
 * its tax code since 2025-07-01. Then it is a person's number and is treated as one.
 */
export function isTaxCode(text: string): boolean {
  return isEnterpriseCode(text) || isPersonalId(text);
}
