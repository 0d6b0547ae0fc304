/** The parts of each registry's samples. */
import { randomFrom } from './random.ts';

export const HOW_MANY = 12;
const SEED = 0x5a3;

export interface SampleSet<T> {
  /** Identifiers of existing records. */
  present: T[];
  /** Well-formed identifiers without a record. */
  absent: T[];
  /** Each breaks a rule of the identifier in its own way. */
  malformed: T[];
}

/** `HOW_MANY` records spread evenly over a registry. */
export function spread<T>(records: readonly T[]): T[] {
  const step = Math.floor(records.length / HOW_MANY);
  return Array.from({ length: HOW_MANY }, (_, number) => records[number * step + 7]!);
}

export function drawn(draw: (random: ReturnType<typeof randomFrom>) => string | undefined): string[] {
  const random = randomFrom(SEED);
  const found = new Set<string>();
  while (found.size < HOW_MANY) {
    const one = draw(random);
    if (one !== undefined) found.add(one);
  }
  return [...found];
}
