/** The keywords that hold members of a record against each other (`checks.ts`): each refuses, or only warns. */
import type { Ajv } from 'ajv';
import { PERSONAL_ID_AGREES, SHARES_AGREE } from './checks.ts';
import { personalIdAgrees } from './person-numbers.ts';

/** @param warned checks that refuse nothing */
export function addChecks(ajv: Ajv, warned: readonly string[]): void {
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
