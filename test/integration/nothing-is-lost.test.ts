/** The short form of `npm run test:fault -- changes`. */
import { randomInt } from 'node:crypto';
import t from 'tap';
import { missingForKafka } from '../../deploy/sandbox/java.ts';
import { render } from '../bench/table.ts';
import { plans } from '../fault/changes/plan.ts';
import { notesOf, tableOf } from '../fault/changes/report.ts';
import { runChanges } from '../fault/changes/run-changes.ts';

t.setTimeout(200_000);

t.test('changes reach every subscriber through crashes, leader moves and restarts', async (t) => {
  const missing = missingForKafka();
  if (missing !== undefined) {
    if (process.env.CI === 'true') throw new Error(missing);
    console.error(`\n*** SKIPPED, not tested: ${missing}\n`);
    return t.skip(missing, () => {});
  }
  const stack = new AsyncDisposableStack();
  t.teardown(() => stack.disposeAsync());
  const seed = Number(process.env.FAULT_SEED ?? randomInt(2 ** 31));
  const lines: string[] = [];
  const outcome = await runChanges({ plan: plans.short, seed, tell: (line) => lines.push(line) }, stack);
  const told = [...lines, render(tableOf('Changes', outcome), false), ...notesOf(outcome)];
  for (const line of told) t.comment(line);
  for (const { subscriber, verdict } of outcome.verdicts) {
    const { examples, sent, received: _, duplicates: __, ...faults } = verdict;
    const none = { lost: 0, outOfOrder: 0, gaps: 0, wrong: 0, exposed: 0 };
    t.same(faults, none, `${subscriber}: ${sent} sent`, { examples, complaints: outcome.complaints, told });
    t.ok(sent > 0);
  }
});
