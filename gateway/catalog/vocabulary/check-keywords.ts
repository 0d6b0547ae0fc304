/** The keywords that compare members of a record with each other or with today (`checks.ts`): each refuses, or only warns. */
import type { Ajv, SchemaValidateFunction } from 'ajv';
import { today } from '../../time/today.ts';
import { personalIdAgrees } from '../formats/person-numbers.ts';
import { DATES_IN_ORDER, NOT_FUTURE, PERSONAL_ID_AGREES, SHARES_AGREE } from './checks.ts';
import { valuesOf } from './keyword-values.ts';

const yes = valuesOf({ const: true });
const member = valuesOf({ type: 'string', minLength: 1 });
const days = valuesOf({
  type: 'array',
  minItems: 2,
  maxItems: 2,
  uniqueItems: true,
  items: { type: 'string', minLength: 1 },
});

/** @param warned checks that refuse nothing */
export function addChecks(ajv: Ajv, warned: readonly string[]): void {
  ajv.addKeyword({
    keyword: PERSONAL_ID_AGREES,
    type: 'object',
    schemaType: 'boolean',
    ...yes,
    error: { message: 'century, sex and year of personalId must agree with sex and birthDate' },
    validate: checkOrWarn(PERSONAL_ID_AGREES, warned, (_wanted: true, person: object) =>
      personalIdAgrees(person),
    ),
  });
  ajv.addKeyword({
    keyword: SHARES_AGREE,
    type: 'array',
    schemaType: 'string',
    ...member,
    error: { message: 'shares must not be more than the whole' },
    validate: checkOrWarn(SHARES_AGREE, warned, sharesAgree),
  });
  ajv.addKeyword({
    keyword: NOT_FUTURE,
    type: 'string',
    schemaType: 'boolean',
    ...yes,
    error: { message: 'must not be in the future' },
    // ISO days compare as texts.
    validate: checkOrWarn(NOT_FUTURE, warned, (_wanted: true, day: string) => day <= today()),
  });
  ajv.addKeyword({
    keyword: DATES_IN_ORDER,
    type: 'object',
    schemaType: 'array',
    ...days,
    errors: true,
    validate: warned.includes(DATES_IN_ORDER) ? checkOrWarn(DATES_IN_ORDER, warned, inOrder) : datesInOrder,
  });
}

type Days = Readonly<Record<string, unknown>>;

/** Is the second of two days not before the first? True if one is missing. */
function inOrder([first = '', last = '']: readonly string[], days: Days): boolean {
  const [from, until] = [days[first], days[last]];
  return typeof from !== 'string' || typeof until !== 'string' || from <= until;
}

/** Reports the error at the later day, with the name of the other. */
const datesInOrder: SchemaValidateFunction = (names: readonly string[], days: Days, _schema, context) => {
  if (inOrder(names, days)) return true;
  const [first, last] = names;
  datesInOrder.errors = [
    {
      keyword: DATES_IN_ORDER,
      instancePath: `${context?.instancePath ?? ''}/${last}`,
      message: `must not be before ${first}`,
      params: { first },
    },
  ];
  return false;
};

/** Shares are written to a hundredth of a percent: each may be rounded up by less than one. */
const HUNDREDTH = 0.01;

/**
 * Are the shares of a list, in percent, no more than the whole? A share that is no number is left out: its own type reports it.
 * @param name of the member with a share
 */
function sharesAgree(name: string, items: readonly unknown[]): boolean {
  let sum = 0;
  for (const item of items) {
    const share = item instanceof Object ? (item as Readonly<Record<string, unknown>>)[name] : undefined;
    if (typeof share === 'number') sum += share;
  }
  return sum < 100 + HUNDREDTH * items.length + 1e-6;
}

/** A check that refuses, or that only warns: then it adds its name to the validator's `this`. */
function checkOrWarn<W, D>(
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
