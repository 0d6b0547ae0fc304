/** Numbers of persons, and the facts that a number encodes (docs/registries.md, "Identifiers"). */

import { today } from '../../time/today.ts';
import { isBirthDate } from './birth-date.ts';
import { digit, digits } from './digits.ts';
import { isHistoricProvinceCode } from './unit-codes.ts';

/** The facts that a well-formed personal number encodes: the fourth digit is century and sex. */
export function readPersonalId(personalId: string): {
  readonly year: number;
  readonly sex: 'male' | 'female';
} {
  const centuryAndSex = digit(personalId, 3);
  return {
    year: 1900 + 100 * (centuryAndSex >> 1) + 10 * digit(personalId, 4) + digit(personalId, 5),
    sex: centuryAndSex % 2 === 0 ? 'male' : 'female',
  };
}

/**
 * `personal-id`: 12 digits; the place of birth registration, century and sex, a year not in the future. The place is `0` and a
 * province, or the code of a country, from 101: no complete list of these is public.
 */
export function isPersonalId(text: string): boolean {
  return (
    text.length === 12 &&
    digits(text) &&
    (digit(text, 0) === 0 ? isHistoricProvinceCode(text.slice(1, 3)) : text > FIRST_COUNTRY) &&
    readPersonalId(text).year <= Number(today().slice(0, 4))
  );
}

const FIRST_COUNTRY = '101';

/** `identity-card`: the number of an identity card issued before 2016, 9 digits. */
export function isIdentityCard(text: string): boolean {
  return text.length === 9 && digits(text);
}

/** Does a text hold a person's number: 12 digits, or the 9 of an old identity card, in a row or in groups? */
export function holdsNumberOfPerson(text: string): boolean {
  return /(?<!\d)(?:\d{9}|\d{12})(?!\d)/.test(text.replaceAll(/(?<=\d)[ .-](?=\d)/g, ''));
}

/**
 * Do century, sex and year of a person's number agree with the sex and the birth date beside it? A missing, unknown or
 * malformed value never disagrees: its own format reports it.
 */
export function personalIdAgrees(person: {
  readonly personalId?: unknown;
  readonly sex?: unknown;
  readonly birthDate?: unknown;
}): boolean {
  const { personalId, sex, birthDate } = person;
  if (typeof personalId !== 'string' || !isPersonalId(personalId)) return true;
  const encoded = readPersonalId(personalId);
  if ((sex === 'male' || sex === 'female') && sex !== encoded.sex) return false;
  if (typeof birthDate !== 'string' || !isBirthDate(birthDate)) return true;
  return Number(birthDate.slice(0, 4)) === encoded.year;
}
