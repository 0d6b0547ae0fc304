/**
 * `npm test`: every check in order, none skipped because an earlier one failed, and at the end one line,
 * `N passed, N failed`. `npm test -- test/some.test.ts` runs those files alone.
 *
 * Counted are tap's assertions, and one for each of the other stages. The exit status is 1 when anything failed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { auditDependencies } from './support/audit.ts';
import { runTap, type Totals } from './support/tap-run.ts';

const ROOT = join(import.meta.dirname, '..');
const BIN = join(ROOT, 'node_modules', '.bin');

/** Name, and the command that fails when something is wrong. */
const STAGES = [
  ['types', ['tsc']],
  ['lint', ['biome', 'check', '--error-on-warnings', '.']],
  [
    'layering',
    [
      'depcruise',
      '--config',
      '.dependency-cruiser.cjs',
      'gateway',
      'adapters',
      'schemas',
      'deploy',
      'test',
      'docs',
    ],
  ],
  ['dead code', ['knip']],
] as const;

process.chdir(ROOT);
// The tools run on the Node that runs this, which npm has put first on the path, also when it was started without.
process.env.PATH = [BIN, process.env.PATH].join(delimiter);

const files = process.argv.slice(2);
const missing = files.filter((file) => !existsSync(file));
if (missing.length > 0) throw new Error(`no such test: ${missing.join(', ')}`);
const results: Totals[] = [];
if (files.length === 0) {
  for (const [name, command] of STAGES) results.push(runStage(name, command));
  results.push(audit());
}
results.push(await prepareTap(), await runTests(files));

const sum = (key: keyof Totals) => results.reduce((total, result) => total + result[key], 0);
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
process.exitCode = sum('failed') > 0 ? 1 : 0;
console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped}`);

function runStage(name: string, [tool, ...args]: readonly [string, ...string[]]): Totals {
  const began = performance.now();
  const { status, stdout, stderr, error } = spawnSync(join(BIN, tool), args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const passed = status === 0;
  console.log(`${passed ? 'passed ' : 'FAILED '}  ${name} ${seconds(began)}`);
  if (!passed) console.log(`${stdout}${stderr}${error?.message ?? ''}`);
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

// The availability of the package registry is no quality of the project: without it the check is reported and not counted.
function audit(): Totals {
  const began = performance.now();
  const result = auditDependencies();
  if (!result.reached) {
    console.log(
      `NOTICE   the dependencies were NOT audited: no advisories from the registry (${result.why})`,
    );
    return { passed: 0, failed: 0, skipped: 0 };
  }
  const failed = result.serious.length > 0;
  console.log(`${failed ? 'FAILED ' : 'passed '}  advisories ${seconds(began)}`);
  for (const line of result.serious) console.log(line);
  return { passed: failed ? 0 : 1, failed: failed ? 1 : 0, skipped: 0 };
}

// tap compiles the plugins that .taprc names into node_modules; a fresh node_modules, or another .taprc, needs
// it again.
async function prepareTap(): Promise<Totals> {
  const stamp = join(ROOT, 'node_modules', '.tap-built-for');
  const [wanted, built] = await Promise.all([
    readFile('.taprc', 'utf8'),
    readFile(stamp, 'utf8').catch(() => undefined),
  ]);
  if (wanted === built) return { passed: 0, failed: 0, skipped: 0 };
  const result = runStage('tap build', ['tap', 'build']);
  if (result.failed === 0) await writeFile(stamp, wanted);
  return { ...result, passed: 0 }; // a preparation, not a check: it counts when it fails
}

async function runTests(only: readonly string[]): Promise<Totals> {
  const began = performance.now();
  const totals = await runTap(join(BIN, 'tap'), ['run', ...only]);
  console.log(`${totals.failed === 0 ? 'passed ' : 'FAILED '}  tests ${seconds(began)}`);
  return totals;
}

function seconds(began: number): string {
  return `${((performance.now() - began) / 1000).toFixed(1)} s`;
}
