/**
 * The formats, the keyword and the annotations that our JSON Schemas use beyond the standard ones.
 *
 * Every check is a plain function over a string: linear in its length, without a regular expression that could
 * backtrack, and silent about the value. The rules of each number stand at its function.
 */
import type { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';
import { foldName, isEnterpriseName, isPersonName } from '../../adapters/letters.ts';
import { FORMER_PROVINCES, PROVINCES } from '../../adapters/provinces.ts';
import { isMoment } from '../../adapters/rfc3339.ts';
import { PERSONAL_ID_AGREES, SHARES_AGREE } from './checks.ts';
import { addPolygon } from './polygon-keyword.ts';
import { addUnions } from './unions.ts';

const ZERO = 48;
const VIETNAM_OFFSET = 7 * 3_600_000;

/** Is every character from `start` to `end` one of 0-9? */
function digits(text: string, start = 0, end = text.length): boolean {
  if (end > text.length) return false;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index) - ZERO;
    if (code < 0 || code > 9) return false;
  }
  return true;
}

function digit(text: string, index: number): number {
  return text.charCodeAt(index) - ZERO;
}

/** What a well-formed personal number says of its holder: the fourth digit is century and sex. */
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
 * province, or the code of a country, from 101: of those no list is public that would be sure to be whole.
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

/** By the calendar of Việt Nam: `2026-11-30`. */
function today(): string {
  return new Date(Date.now() + VIETNAM_OFFSET).toISOString().slice(0, 10);
}

/** `identity-card`: the number of an identity card issued before 2016, 9 digits. */
function isIdentityCard(text: string): boolean {
  return text.length === 9 && digits(text);
}

const WEIGHTS = [31, 29, 23, 19, 17, 13, 7, 5, 3] as const;

/**
 * `enterprise-code`: 10 digits of which the last checks the others, `10 − (Σ mod 11)`; a dependent unit adds
 * `-001` … `-999`. The sequence (third to ninth digit) is never zero.
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
function isTaxCode(text: string): boolean {
  return isEnterpriseCode(text) || isPersonalId(text);
}

/** `province-code`: one of the 34 provinces of today. */
function isProvinceCode(text: string): boolean {
  return PROVINCES.has(text);
}

/** `historic-province-code`: a province of today or one that was merged into it on 2025-07-01. */
function isHistoricProvinceCode(text: string): boolean {
  return PROVINCES.has(text) || FORMER_PROVINCES.has(text);
}

/** `commune-code`: 5 digits. Which communes exist changes over time: a registry's answer decides, not a list here. */
function isCommuneCode(text: string): boolean {
  return text.length === 5 && digits(text);
}

const OLD_AGENCY_PREFIX = '000.00.00.';

/**
 * `agency-code` (QCVN 102:2016): a letter and two digits, then any number of parts of two or three letters or
 * digits, at most 35 characters: `G12`, `H29.01.02`. The old form `000.00.00.G22` is accepted.
 */
function isAgencyCode(text: string): boolean {
  if (text.length > 35) return false;
  const [root = '', ...units] = normaliseAgencyCode(text).split('.');
  return (
    root.length === 3 &&
    isUpperLetter(root.charCodeAt(0)) &&
    digits(root, 1) &&
    units.every((unit) => (unit.length === 2 || unit.length === 3) && isUpperAlphanumeric(unit))
  );
}

/** `000.00.00.G22` → `G22`; any other text stays as it is. */
export function normaliseAgencyCode(text: string): string {
  return text.startsWith(OLD_AGENCY_PREFIX) ? text.slice(OLD_AGENCY_PREFIX.length) : text;
}

function isUpperLetter(code: number): boolean {
  return code >= 65 && code <= 90;
}

function isUpperAlphanumeric(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (!isUpperLetter(code) && (code < ZERO || code > ZERO + 9)) return false;
  }
  return true;
}

/**
 * `certificate-number`: one or two letters (A-Z, Đ) and 6 to 8 digits, `AM 143443`, `AA 01695788`, as papers have it: with or without
 * a space, in upper or lower case. Certificates of house ownership of before 2009 have digits alone, up to 15.
 */
function isCertificateNumber(text: string): boolean {
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

const CADASTRAL_SIGNS = new Set(' .,-()+_');
const LETTER_OR_DIGIT = /^[\p{L}\p{M}\p{Nd}]$/u;
/** Old identity cards have nine digits, personal numbers twelve: neither may stand in an address by mistake. */
const NUMBER_OF_PERSON = /\d{9}/;

/**
 * `cadastral-number`: of a map sheet or a parcel, as its registry writes it: `12`, `12-Đ`, `DC 5`, `(1)`, `01.2`. 1 to 20 letters,
 * digits and signs, of which one is a letter or a digit; no slash, which parts the identifier of a parcel, no space around it, and
 * no nine digits in a row.
 */
function isCadastralNumber(text: string): boolean {
  if (text.length > 20 || text !== text.trim() || NUMBER_OF_PERSON.test(text)) return false;
  let said = false;
  for (const character of text) {
    if (LETTER_OR_DIGIT.test(character)) said = true;
    else if (!CADASTRAL_SIGNS.has(character)) return false;
  }
  return said;
}

/**
 * `birth-date`: a day of the calendar (`1990-02-28`), or a year alone (`1945`) where no more was ever registered; not in the
 * future.
 */
function isBirthDate(text: string): boolean {
  if (text > today()) return false;
  if (text.length === 4) return digits(text) && text >= '1800';
  if (text.length !== 10 || text[4] !== '-' || text[7] !== '-') return false;
  if (!digits(text, 0, 4) || !digits(text, 5, 7) || !digits(text, 8, 10) || text < '1800') return false;
  const month = Number(text.slice(5, 7));
  const day = Number(text.slice(8, 10));
  return month >= 1 && month <= 12 && day >= 1 && day <= daysOf(Number(text.slice(0, 4)), month);
}

function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/**
 * Do century, sex and year of a person's number agree with the sex and the birth date beside it? What is missing,
 * unknown or malformed does not disagree: its own format speaks of it.
 */
export function personalIdAgrees(person: {
  readonly personalId?: unknown;
  readonly sex?: unknown;
  readonly birthDate?: unknown;
}): boolean {
  const { personalId, sex, birthDate } = person;
  if (typeof personalId !== 'string' || !isPersonalId(personalId)) return true;
  const said = readPersonalId(personalId);
  if ((sex === 'male' || sex === 'female') && sex !== said.sex) return false;
  if (typeof birthDate !== 'string' || !isBirthDate(birthDate)) return true;
  return Number(birthDate.slice(0, 4)) === said.year;
}

/** Formats of our own, by name. */
export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  'personal-id': isPersonalId,
  'identity-card': isIdentityCard,
  'enterprise-code': isEnterpriseCode,
  'tax-code': isTaxCode,
  'province-code': isProvinceCode,
  'historic-province-code': isHistoricProvinceCode,
  'commune-code': isCommuneCode,
  'agency-code': isAgencyCode,
  'certificate-number': isCertificateNumber,
  'cadastral-number': isCadastralNumber,
  'birth-date': isBirthDate,
  'person-name': isPersonName,
  'enterprise-name': isEnterpriseName,
};

/** What a registry compares of a value, by format: two spellings of it are one guess. */
export const comparedAs: Readonly<Record<string, (text: string) => string>> = { 'person-name': foldName };

/**
 * Formats of numbers that name a person, and which of their values do: whatever carries one is about somebody. `always` for a
 * format that is of nothing else.
 */
export const personalFormats: ReadonlyMap<string, 'always' | ((text: string) => boolean)> = new Map<
  string,
  'always' | ((text: string) => boolean)
>([
  ['personal-id', 'always'],
  ['identity-card', 'always'],
  ['tax-code', isPersonalId],
]);

/** Annotations and what their values may be: a misspelt one is an error when the catalogue loads. */
const annotations: Readonly<Record<string, object>> = {
  'x-sensitivity': { enum: ['public', 'internal', 'basic', 'sensitive'] },
  'x-subject': { const: 'person' },
  'x-scope': { type: 'string', minLength: 1 },
  'x-within': { type: 'string', minLength: 1 },
  'x-leaf': { const: true },
  'x-version': { const: true },
  'x-since': { type: 'integer', minimum: 1 },
  'x-criterion': { type: 'string', pattern: '^/' },
};

/**
 * Teaches an Ajv instance (2020-12, also in strict mode) everything that the schemas of this package use: our
 * formats, `date`, `date-time` and `json-pointer`, the annotations, the keywords `x-personal-id-agrees`, `x-shares-agree` and `x-polygon`,
 * and unions whose errors can be told apart (`unions.ts`).
 * @param warned checks that refuse nothing: a validator called with a list as its `this` adds their names to it
 */
export function addFormats(ajv: Ajv, warned: readonly string[] = []): void {
  addUnions(ajv);
  ajvFormats.default(ajv, { mode: 'full', formats: ['date', 'json-pointer'] });
  // That of ajv-formats takes a space for the T, an offset without minutes and second 60.
  ajv.addFormat('date-time', { type: 'string', validate: isMoment });
  for (const [name, validate] of Object.entries(formats)) ajv.addFormat(name, { type: 'string', validate });
  for (const [keyword, metaSchema] of Object.entries(annotations)) ajv.addKeyword({ keyword, metaSchema });
  addPolygon(ajv);
  ajv.addKeyword({
    keyword: PERSONAL_ID_AGREES,
    type: 'object',
    schemaType: 'boolean',
    metaSchema: { const: true },
    error: { message: 'century, sex and year of personalId must agree with sex and birthDate' },
    validate: severe(PERSONAL_ID_AGREES, warned, (_wanted: true, person: object) => personalIdAgrees(person)),
  });
  ajv.addKeyword({
    keyword: SHARES_AGREE,
    type: 'array',
    schemaType: 'string',
    metaSchema: { type: 'string', minLength: 1 },
    error: { message: 'shares must not be more than the whole' },
    validate: severe(SHARES_AGREE, warned, sharesAgree),
  });
}

/** Shares are written to a hundredth of a percent: each may be rounded up by less than one. */
const HUNDREDTH = 0.01;

/**
 * Are the shares of a list, in percent, no more than the whole? What is no number is not counted: its own type speaks of it.
 * @param name of the member that holds a share
 */
function sharesAgree(name: string, items: readonly unknown[]): boolean {
  let sum = 0;
  for (const item of items) {
    const share = item instanceof Object ? (item as Readonly<Record<string, unknown>>)[name] : undefined;
    if (typeof share === 'number') sum += share;
  }
  return sum < 100 + HUNDREDTH * items.length + 1e-6;
}

/** A check that refuses, or that only notes in the validator's `this` that it was broken. */
function severe<W, D>(
  name: string,
  warned: readonly string[],
  agrees: (wanted: W, data: D) => boolean,
): (this: unknown, wanted: W, data: D) => boolean {
  if (!warned.includes(name)) return agrees;
  return function (wanted, data) {
    if (!agrees(wanted, data) && Array.isArray(this)) this.push(name);
    return true;
  };
}
