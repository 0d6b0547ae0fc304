import { SUCCESSORS } from '../former-provinces.ts';
import type { Sex } from './person.ts';

/**
 * Puts together a personal identification number (Decree 70/2024, article 4): `0` and the code of the province
 * of birth registration, a digit for century and sex (20th: 0, 1; 21st: 2, 3), the year, six random digits.
 */
export function personalNumber(provinceOfBirth: string, sex: Sex, year: number, serial: number): string {
  const century = (Math.floor(year / 100) - 19) * 2 + (sex === 2 ? 1 : 0);
  const yearDigits = String(year % 100).padStart(2, '0');
  return `0${provinceOfBirth}${century}${yearDigits}${String(serial).padStart(6, '0')}`;
}

/** Countries are counted from here: numbers of persons whose birth was registered abroad. */
const FIRST_COUNTRY = '101';

/** Does a number follow the rule? Whether it belongs to a person does not matter. */
export function isPersonalNumber(text: string): boolean {
  if (!/^\d{12}$/.test(text)) return false;
  return text.startsWith('0') ? SUCCESSORS.has(text.slice(1, 3)) : text > FIRST_COUNTRY;
}
