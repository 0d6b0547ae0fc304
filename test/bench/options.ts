/** `npm run bench -- [--quick|--trial] [--only lookup|population|bound|changes|fanout|scale]… [--markdown] [--profile DIR]` */
import { parseArgs } from 'node:util';

const SUBJECTS = ['lookup', 'population', 'bound', 'changes', 'fanout', 'scale'] as const;

export type Subject = (typeof SUBJECTS)[number];

export interface Options {
  readonly subjects: ReadonlySet<Subject>;
  /** Only finds out whether everything can be measured: figures of so little time say nothing, and no mark is judged. */
  readonly trial: boolean;
  /** Print the tables as they stand in docs/performance.md. */
  readonly markdown: boolean;
  readonly rounds: number;
  /** Seconds of one round, and of the warm-up before the first. */
  readonly seconds: number;
  readonly warmUp: number;
  /** Seconds for which changes are fanned out. */
  readonly fanout: number;
  /** Rounds that may be run again because something else disturbed them. */
  readonly repeats: number;
  /** Turns of the change benchmark, and the seconds of one. */
  readonly changes: { readonly turns: number; readonly seconds: number };
  /** Where the gateway leaves a CPU profile (.cpuprofile) when it ends. It is slower meanwhile. */
  readonly profile: string | undefined;
}

/** @throws Error for what is no option */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      trial: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [...SUBJECTS] },
      markdown: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const { quick, trial, only, markdown, profile } = values;
  if (!only.every(isSubject)) throw new Error(`--only takes one of ${SUBJECTS.join(', ')}`);
  return { subjects: new Set(only), trial, markdown, profile, ...(trial ? TRIAL : quick ? QUICK : WHOLE) };
}

function isSubject(name: string): name is Subject {
  return SUBJECTS.some((subject) => subject === name);
}

type Extent = Pick<Options, 'rounds' | 'seconds' | 'warmUp' | 'fanout' | 'repeats' | 'changes'>;

const WHOLE: Extent = {
  ...{ rounds: 5, seconds: 4, warmUp: 5, fanout: 60, repeats: 8 },
  changes: { turns: 2, seconds: 60 },
};
const QUICK: Extent = {
  ...{ rounds: 2, seconds: 3, warmUp: 2, fanout: 15, repeats: 2 },
  changes: { turns: 1, seconds: 10 },
};
const TRIAL: Extent = {
  ...{ rounds: 1, seconds: 0.5, warmUp: 0.2, fanout: 2, repeats: 0 },
  changes: { turns: 1, seconds: 3 },
};
