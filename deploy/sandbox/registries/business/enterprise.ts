import type { Activity } from './activities.ts';
import type { EnterpriseType } from './enterprise-types.ts';

/** One enterprise, or one dependent unit of an enterprise, in the business registry. */
export interface Enterprise {
  readonly index: number;
  /** 10 digits, and `-001` for a dependent unit. */
  readonly code: string;
  readonly type: EnterpriseType;
  readonly activity: Activity;
  /** Upper case, Vietnamese. */
  readonly name: string;
  /** The words of its own in the name. */
  readonly properName: string;
  /** Head office: position in `COMMUNES`. */
  readonly commune: number;
  /** The first legal representative: position in the population registry. */
  readonly representative: number;
  /** Day numbers. */
  readonly founded: number;
  readonly amended: number;
  /** How often the registration has been amended: the registry's version of the record. */
  readonly changes: number;
  /** 1 active, 2 suspended, 3 dissolving, 4 dissolved. */
  readonly status: EnterpriseStatus;
  /** VND. */
  readonly capital: number;
  /** Street and house number, where a change has set it. */
  readonly street: string | undefined;
}

export type EnterpriseStatus = 1 | 2 | 3 | 4;
