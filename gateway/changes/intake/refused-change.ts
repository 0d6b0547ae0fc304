/** A change of a batch that is not stored, and why. */
import { Problem, type Violation } from '../../problems/problem.ts';

/** Of a batch. A longer list helps nobody: with so many errors the batch is of another kind than the contract's. */
export const MOST_VIOLATIONS = 1000;

export interface RefusedChange {
  /** In the batch, from 0. */
  readonly index: number;
  readonly code: 'contract_violation' | 'change_conflict';
  /** Empty where the batch has more violations than are named. */
  readonly errors: readonly Violation[];
}

/**
 * All or nothing: one change that is refused refuses its batch.
 * @throws Problem `contract_violation`, with every violation; `change_conflict` when nothing else is wrong
 */
export function throwRefusals(refused: readonly RefusedChange[]): void {
  for (const code of ['contract_violation', 'change_conflict'] as const) {
    const those = refused.filter((one) => one.code === code).sort((one, other) => one.index - other.index);
    if (those.length === 0) continue;
    throw new Problem(code, { errors: those.flatMap(({ errors }) => errors).slice(0, MOST_VIOLATIONS) });
  }
}
