/**
 * Two faults of the event flow. `changes`: 200,000 changes of 20,000 subjects reach every subscriber through everything
 * that `changes/faults.ts` does. `broken-relay`: the short form of the same run with a relay that acknowledges before
 * Kafka does must be seen to lose.
 */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { unpinThisProcess } from '../bench/machine.ts';
import type { Mark } from '../bench/marks.ts';
import { type Plan, plans } from './changes/plan.ts';
import { marksOf, notesOf, tableOf } from './changes/report.ts';
import { type Outcome, runChanges } from './changes/run-changes.ts';
import type { Fault } from './fault.ts';

/** Loaded into a replica, it breaks the relay. */
export const ACKNOWLEDGES_EARLY = join(import.meta.dirname, 'changes', 'acknowledge-early.mts');

const needs = { java: 'openjdk-17-jre-headless', mvn: 'maven' };

/** Seconds from the death of a relay's leader until another leads. */
const TAKEOVER = 5;

/** The seed of a run: of chance, or that of an earlier run, to see it again as near as timing allows. */
export const seedOf = (given: string | undefined): number =>
  given === undefined ? randomInt(2 ** 31) : Number(given);

async function suffer(plan: Plan, stack: AsyncDisposableStack, preload?: string): Promise<Outcome> {
  // Brokers, replicas and PostgreSQL are nobody's competitors here: they share all cores.
  unpinThisProcess();
  const seed = seedOf(process.env.FAULT_SEED);
  return runChanges({ plan, seed, preload, log: console.log }, stack);
}

export const changes: Fault = {
  name: 'changes',
  needs,
  async run(_, stack) {
    const outcome = await suffer(plans.long, stack);
    const slowest = Math.max(...outcome.suffered.takeovers) / 1000;
    return {
      tables: [tableOf('Changes', outcome)],
      notes: [...notesOf(outcome), ...whyWrong(outcome)],
      marks: [
        ...marksOf(outcome),
        { name: 'slowest takeover', value: slowest, unit: ' s', atMost: TAKEOVER },
      ],
    };
  },
};

export const brokenRelay: Fault = {
  name: 'broken-relay',
  needs,
  async run(_, stack) {
    // No copies: they check themselves when they have everything, and here they never have.
    const outcome = await suffer({ ...plans.short, copies: false }, stack, ACKNOWLEDGES_EARLY);
    const seen: Mark[] = outcome.verdicts
      .filter(({ subscriber }) => subscriber.startsWith('topic'))
      .flatMap(({ subscriber, verdict: { lost, sent } }) => [
        { name: `${subscriber}: loss is seen`, value: lost, atLeast: 1 },
        // A relay that sends next to nothing would be seen by anyone.
        { name: `${subscriber}: part that is lost`, value: lost / sent, atMost: 0.9 },
      ]);
    return {
      tables: [tableOf('Changes, with a relay that acknowledges too early', outcome)],
      notes: notesOf(outcome),
      marks: seen,
    };
  },
};

function whyWrong({ verdicts, complaints }: Outcome): string[] {
  const examples = verdicts.flatMap(({ subscriber, verdict }) =>
    verdict.examples.map((example) => `${subscriber}: ${example}`),
  );
  return examples.length === 0 ? [] : [...examples, ...complaints];
}
