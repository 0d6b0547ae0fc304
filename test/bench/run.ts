/**
 * `npm run bench`: what the gateway does in a second, and what that costs, beside others on the same machine in the same
 * run. docs/performance.md explains the numbers. The exit status is 1 when a mark is missed or something is wrong.
 */

import { measureChanges } from './changes.ts';
import { measureFanout } from './fanout.ts';
import { measureLookups } from './lookups.ts';
import { describeMachine, pinning, pinThisProcess } from './machine.ts';
import { describe, isMet } from './marks.ts';
import { readOptions } from './options.ts';
import type { Report } from './report.ts';
import { measureScale } from './scale.ts';
import { render } from './table.ts';
import { createWorld } from './world.ts';

// kafkajs sets timers to negative times, of which Node warns since version 24; nothing comes of it.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'TimeoutNegativeWarning') console.warn(warning);
});

const options = readOptions(process.argv.slice(2));
const stack = new AsyncDisposableStack();
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted = true;
    stack.disposeAsync().finally(() => process.exit(1));
  });
}

try {
  const reports = await measure();
  print(reports);
  process.exitCode = options.trial || reports.flatMap(({ marks }) => marks).every(isMet) ? 0 : 1;
} catch (error) {
  if (!interrupted) console.error(error);
  process.exitCode = 1;
} finally {
  await stack.disposeAsync();
}

async function measure(): Promise<Report[]> {
  pinThisProcess();
  const world = await createWorld(stack);
  const reports: Report[] = [];
  const { subjects } = options;
  if (subjects.has('lookup') || subjects.has('population') || subjects.has('bound')) {
    reports.push(await measureLookups(world, options, stack));
  }
  if (subjects.has('scale')) reports.push(await measureScale(world, options));
  if (subjects.has('changes')) reports.push(await measureChanges(world, options, stack));
  if (subjects.has('fanout')) reports.push(await measureFanout(world, options));
  return reports;
}

function print(reports: readonly Report[]): void {
  const { markdown, rounds, seconds, trial } = options;
  if (trial) console.log('A trial: what it measures says nothing.');
  console.log(`${describeMachine()}; ${pinning}; medians of ${rounds} rounds of ${seconds} s\n`);
  for (const { tables, notes } of reports) {
    for (const table of tables) console.log(`${render(table, markdown)}\n`);
    for (const note of notes) console.log(markdown ? `- ${note}` : `  ${note}`);
    console.log();
  }
  if (trial) return;
  for (const { marks } of reports)
    for (const mark of marks) console.log(markdown ? `- ${describe(mark)}` : describe(mark));
}
