/**
 * `npm run test:fault`: what must hold while something goes wrong, measured by the clock, on a gateway that runs as in
 * production. `npm run test:fault -- slow-attack` runs that one alone. The exit status is 1 when a mark is missed.
 *
 * A fault that needs a command which is not installed is skipped, loudly; under `CI=true` that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { describeMachine, pinThisProcess } from '../bench/machine.ts';
import { describe, isMet } from '../bench/marks.ts';
import { render } from '../bench/table.ts';
import { createWorld } from '../bench/world.ts';
import { brokenRelay, changes } from './changes.ts';
import type { Fault } from './fault.ts';
import { revocation } from './revocation.ts';
import { scopeTiming } from './scope-timing.ts';
import { slowAttack } from './slow-attack.ts';

const faults: readonly Fault[] = [slowAttack, revocation, scopeTiming, changes, brokenRelay];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !faults.some((fault) => fault.name === name));
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(', ')}; there are ${faults.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const stack = new AsyncDisposableStack();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void stack.disposeAsync().finally(() => process.exit(1)));
}

try {
  pinThisProcess();
  console.log(`${describeMachine()}\n`);
  const chosen = faults.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  for (const fault of chosen) await run(fault);
} finally {
  await stack.disposeAsync();
}

async function run(fault: Fault): Promise<void> {
  const missing = Object.entries(fault.needs).filter(([command]) => !isInstalled(command));
  if (missing.length > 0) {
    const failed = process.env.CI === 'true';
    const packages = missing.map(([, debianPackage]) => debianPackage).join(' ');
    console.log(
      `${failed ? 'FAILED ' : 'SKIPPED'}  ${fault.name}: NOTHING WAS TESTED; apt-get install ${packages}`,
    );
    if (failed) process.exitCode = 1;
    return;
  }
  const { tables, notes, marks } = await fault.run(await createWorld(stack), stack);
  for (const table of tables) console.log(`${render(table, false)}\n`);
  for (const note of notes) console.log(`  ${note}`);
  for (const mark of marks) console.log(describe(mark));
  if (!marks.every(isMet)) process.exitCode = 1;
}

function isInstalled(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}
