/** `npm run bench -- [--quick] [--only lookup|population|changes] [--markdown]` */
import { parseArgs } from 'node:util';

const SUBJECTS = ['lookup', 'population', 'changes'] as const;

export type Subject = (typeof SUBJECTS)[number];

export interface Options {
  readonly subjects: ReadonlySet<Subject>;
  /** Print the tables as they stand in docs/performance.md. */
  readonly markdown: boolean;
  readonly rounds: number;
  /** Seconds of one round, and of the warm-up before the first. */
  readonly seconds: number;
  readonly warmUp: number;
}

/** @throws Error for what is no option */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      markdown: { type: 'boolean', default: false },
    },
  });
  const { quick, only, markdown } = values;
  const subject = SUBJECTS.find((name) => name === only);
  if (only !== undefined && !subject) throw new Error(`--only takes one of ${SUBJECTS.join(', ')}`);
  return {
    subjects: new Set(subject ? [subject] : SUBJECTS),
    markdown,
    ...(quick ? { rounds: 2, seconds: 3, warmUp: 2 } : { rounds: 5, seconds: 5, warmUp: 5 }),
  };
}
