/** A change of a batch that is refused, with its violations. */
import { Problem, type Violation } from '../../problems/problem.ts';

/** The most violations of one batch that are reported. A batch with more follows another contract, and a longer list does not help. */
export const MOST_VIOLATIONS = 1000;

export interface RefusedChange {
  /** The index of the change in its batch, from 0. */
  readonly index: number;
  readonly code: 'contract_violation' | 'change_conflict';
  /** Empty when the batch has more than `MOST_VIOLATIONS`. */
  readonly errors: readonly Violation[];
}

/**
 * One refused change refuses its whole batch.
 * @throws Problem `contract_violation`, with every violation; `change_conflict` when nothing else is wrong
 */
export function throwRefusals(refused: readonly RefusedChange[]): void {
  for (const code of ['contract_violation', 'change_conflict'] as const) {
    const those = refused.filter((one) => one.code === code).sort((one, other) => one.index - other.index);
    if (those.length === 0) continue;
    throw new Problem(code, { errors: those.flatMap(({ errors }) => errors).slice(0, MOST_VIOLATIONS) });
  }
}
