/**
 * The formats, the keywords and the annotations that our JSON Schemas use beyond the standard ones.
 *
 * Every check is a plain function over a string: linear in its length, without a regular expression that could backtrack, and
 * its errors never contain the value. Each function's comment states its rule.
 */
import type { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';
import { foldName, foldText, isEnterpriseName, isPersonName } from '../../../adapters/values/letters.ts';
import { isMoment } from '../../../adapters/values/rfc3339.ts';
import { addUnions } from '../../problems/unions.ts';
import { isAgencyCode } from '../formats/agency-code.ts';
import { isBirthDate } from '../formats/birth-date.ts';
import { isEnterpriseCode, isTaxCode } from '../formats/enterprise-codes.ts';
import { isCadastralNumber, isCertificateNumber } from '../formats/land-numbers.ts';
import { holdsNumberOfPerson, isIdentityCard, isPersonalId } from '../formats/person-numbers.ts';
import { isCommuneCode, isHistoricProvinceCode, isProvinceCode } from '../formats/unit-codes.ts';
import { addChecks } from './check-keywords.ts';
import { type Values, valuesOf } from './keyword-values.ts';
import { addPolygon } from './polygon-keyword.ts';

/** Our own formats, by name. */
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
  'enterprise-name': isSearchedName,
  'not-blank': isNotBlank,
};

/**
 * `enterprise-name`: a name, or a part of one. It becomes a part of addresses, ours and the registry's, which must not hold a
 * person's number; the tax code of a household business is one.
 */
function isSearchedName(text: string): boolean {
  return isEnterpriseName(text) && !holdsNumberOfPerson(foldText(text));
}

/** `not-blank`: a text with a visible character. For names in records, which are kept as the registry writes them. */
function isNotBlank(text: string): boolean {
  return /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]/u.test(text);
}

/** Reduces a value to the form that registries compare, by format: two spellings of it are one guess. */
export const comparedAs: Readonly<Record<string, (text: string) => string>> = { 'person-name': foldName };

/**
 * Formats of persons' numbers, and which of their values name a person; `always`: all of them.
 */
export const personalFormats: ReadonlyMap<string, 'always' | ((text: string) => boolean)> = new Map<
  string,
  'always' | ((text: string) => boolean)
>([
  ['personal-id', 'always'],
  ['identity-card', 'always'],
  ['tax-code', isPersonalId],
]);

/** Annotations and their allowed values: a misspelt one is an error when the catalogue loads. */
const annotations: Readonly<Record<string, Values>> = {
  'x-sensitivity': valuesOf({ enum: ['public', 'internal', 'basic', 'sensitive'] }),
  'x-subject': valuesOf({ const: 'person' }),
  'x-scope': valuesOf({ type: 'string', minLength: 1 }),
  'x-within': valuesOf({ type: 'string', minLength: 1 }),
  'x-name-of': valuesOf({ type: 'string', minLength: 1 }),
  'x-leaf': valuesOf({ const: true }),
  'x-version': valuesOf({ const: true }),
  'x-since': valuesOf({ type: 'integer', minimum: 1 }),
  'x-criterion': valuesOf({ type: 'string', pattern: '^/' }),
};

/**
 * Adds to an Ajv instance (2020-12, also in strict mode) everything that the schemas of this package use: our formats, `date`,
 * `date-time` and `json-pointer`, the annotations, the keywords of `check-keywords.ts` and `x-polygon`, and unions whose errors
 * can be distinguished (`problems/unions.ts`).
 * @param warned checks that only warn: a validator called with a list as its `this` adds their names to it
 */
export function addFormats(ajv: Ajv, warned: readonly string[] = []): void {
  addUnions(ajv);
  ajvFormats.default(ajv, { mode: 'full', formats: ['date', 'json-pointer'] });
  // The one of ajv-formats accepts a space for the T, an offset without minutes, and second 60.
  ajv.addFormat('date-time', { type: 'string', validate: isMoment });
  for (const [name, validate] of Object.entries(formats)) ajv.addFormat(name, { type: 'string', validate });
  for (const [keyword, values] of Object.entries(annotations)) ajv.addKeyword({ keyword, ...values });
  addPolygon(ajv);
  addChecks(ajv, warned);
}
