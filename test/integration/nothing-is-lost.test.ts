/** The short form of `npm run test:fault -- changes`, and whether it would see a loss. */
import t, { type Test } from 'tap';
import { missingForKafka } from '../../deploy/sandbox/kafka/java.ts';
import { render } from '../bench/table.ts';
import type { Plan } from '../fault/changes/plan.ts';
import { plans } from '../fault/changes/plan.ts';
import { notesOf, tableOf } from '../fault/changes/report.ts';
import { type Outcome, runChanges } from '../fault/changes/run-changes.ts';
import { ACKNOWLEDGES_EARLY, seedOf } from '../fault/changes.ts';

t.setTimeout(plans.short.limit + plans.brief.limit + 60_000);

/** Runs a plan, and writes its results into the test's report. */
async function suffer(t: Test, plan: Plan, preload?: string): Promise<Outcome | undefined> {
  const missing = missingForKafka();
  if (missing !== undefined) {
    if (process.env.CI === 'true') throw new Error(missing);
    console.error(`\n*** SKIPPED, nothing was tested: ${missing}\n`);
    t.skip(missing, () => {});
    return undefined;
  }
  const stack = new AsyncDisposableStack();
  t.teardown(() => stack.disposeAsync());
  const log = (line: string) => t.comment(line);
  const outcome = await runChanges({ plan, seed: seedOf(process.env.FAULT_SEED), preload, log }, stack);
  log(render(tableOf('Changes', outcome), false));
  for (const note of notesOf(outcome)) log(note);
  return outcome;
}

t.test('changes reach every subscriber through crashes, leader moves and restarts', async (t) => {
  const outcome = await suffer(t, plans.short);
  if (!outcome) return;
  const { brokersKilled, relayKills, relayPauses, postgresRestarts, leadersMoved } = outcome.suffered;
  t.same(
    { brokersKilled, relayKills, relayPauses, postgresRestarts },
    { brokersKilled: 3, relayKills: 5, relayPauses: 1, postgresRestarts: 1 },
  );
  t.ok(leadersMoved > 0, 'leaders have moved');
  t.ok(outcome.verdicts.length > 0 && outcome.copies.length > 0);
  for (const { subscriber, verdict, digests } of outcome.verdicts) {
    const { lost, outOfOrder, gaps, wrong, exposed, sent, examples } = verdict;
    t.ok(sent > 0, `${subscriber} had events to receive`);
    t.same(
      { lost, outOfOrder, gaps, wrong, exposed },
      { lost: 0, outOfOrder: 0, gaps: 0, wrong: 0, exposed: 0 },
      subscriber,
      { examples, complaints: outcome.complaints },
    );
    t.equal(digests.copy, digests.registry, `the copy that ${subscriber} makes is the registry's`);
  }
  for (const { name, digest, registry, repairs } of outcome.copies) {
    t.equal(digest, registry, `${name}: its digest is the registry's`);
    t.same(repairs, [], 'and it was never repaired');
  }
});

t.test('a relay that acknowledges before Kafka does is seen to lose', async (t) => {
  const outcome = await suffer(t, plans.brief, ACKNOWLEDGES_EARLY);
  if (!outcome) return;
  t.ok(outcome.verdicts.some(({ subscriber }) => subscriber.startsWith('topic')));
  for (const { subscriber, verdict } of outcome.verdicts) {
    if (subscriber.startsWith('topic')) {
      t.ok(verdict.lost > 0, `${subscriber} lost ${verdict.lost}`);
      t.ok(verdict.lost < verdict.sent / 2, 'what it held, and nothing else');
    } else t.equal(verdict.lost, 0, `${subscriber} has nothing to do with the relay to Kafka`);
  }
});
