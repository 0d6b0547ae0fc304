/**
 * Checks that a contract may turn into warnings: they hold members of one record against each other, or a day against today, and a
 * registry of paper files may have recorded what does not agree. What the registry says is the truth; that it disagrees is counted.
 */
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';

/** `refuse`: what breaks the check breaks the contract. `warn`: it is disclosed, counted and logged. */
export type Severity = 'refuse' | 'warn';

/** By name of the check; `refuse` for those that are not named. */
export type Severities = Readonly<Record<string, Severity>>;

export const PERSONAL_ID_AGREES = 'x-personal-id-agrees';
export const SHARES_AGREE = 'x-shares-agree';
export const NOT_FUTURE = 'x-not-future';
export const DATES_IN_ORDER = 'x-dates-in-order';

/**
 * Of days: a push that breaks one is refused where its contract does not only warn. A record that the gateway reads itself is as its
 * registry recorded it, and without it a copy would have a hole.
 */
export const OF_DAYS: readonly string[] = [DATES_IN_ORDER, NOT_FUTURE];

/** The checks that a contract only warns of, sorted. */
export function warnedOf(checks: Severities | undefined): readonly string[] {
  return Object.keys(checks ?? {})
    .filter((check) => checks![check] === 'warn')
    .sort();
}

export interface Examined {
  /** What breaks the schema; empty: nothing. */
  readonly errors: readonly ErrorObject[];
  /** Names of the checks that were broken, and of which the contract only warns. */
  readonly warned: readonly string[];
}

const NONE: readonly string[] = [];
const sound: Examined = { errors: [], warned: NONE };

/** @param validate of the contract; one that warns notes what it warns of in its `this` */
export function examine(validate: ValidateFunction, data: unknown): Examined {
  const warned: string[] = [];
  if (!validate.call(warned, data)) return { errors: validate.errors ?? [], warned: [] };
  return warned.length === 0 ? sound : { errors: [], warned: [...new Set(warned)] };
}
