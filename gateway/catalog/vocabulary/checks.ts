/**
 * Checks that a contract may turn into warnings. They compare members of one record with each other, or a day with today. Records
 * that were copied from paper may break them: the record is disclosed as the registry has it, and the disagreement is counted.
 */
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';

/** `refuse`: a record that breaks the check breaks the contract. `warn`: it is disclosed, counted and logged. */
export type Severity = 'refuse' | 'warn';

/** By name of the check; `refuse` by default. */
export type Severities = Readonly<Record<string, Severity>>;

export const PERSONAL_ID_AGREES = 'x-personal-id-agrees';
export const SHARES_AGREE = 'x-shares-agree';
export const NOT_FUTURE = 'x-not-future';
export const DATES_IN_ORDER = 'x-dates-in-order';

/**
 * Checks of days. A push that breaks one is refused unless its contract only warns. A record that the gateway reads itself is
 * accepted as its registry has it, because a copy without it would be incomplete.
 */
export const OF_DAYS: readonly string[] = [DATES_IN_ORDER, NOT_FUTURE];

/** The checks of which a contract only warns, sorted. */
export function warnedOf(checks: Severities | undefined): readonly string[] {
  return Object.keys(checks ?? {})
    .filter((check) => checks![check] === 'warn')
    .sort();
}

export interface Examined {
  /** Violations of the schema. */
  readonly errors: readonly ErrorObject[];
  /** Broken checks of which the contract only warns. */
  readonly warned: readonly string[];
}

const NONE: readonly string[] = [];
const sound: Examined = { errors: [], warned: NONE };

/** @param validate of the contract; checks that only warn add their names to its `this` */
export function examine(validate: ValidateFunction, data: unknown): Examined {
  const warned: string[] = [];
  if (!validate.call(warned, data)) return { errors: validate.errors ?? [], warned: [] };
  return warned.length === 0 ? sound : { errors: [], warned: [...new Set(warned)] };
}
