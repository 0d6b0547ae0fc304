import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Runs `tap run`, printing one line per test file, the skipped tests, and the whole report of each file that
 * fails.
 *
 * The counts are tap's own last line, of assertions. A run that ends badly, or without that line, or without
 * a single test, counts as failed whatever the line says.
 */
export async function runTap(
  command: string,
  args: readonly string[],
  print: (line: string) => void = console.log,
): Promise<Totals> {
  const child = spawn(command, [...args, '--reporter=tap'], { stdio: ['inherit', 'pipe', 'inherit'] });
  const report = new TapReport(print);
  createInterface({ input: child.stdout }).on('line', (line) => report.read(line));
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  child.once('error', (error) => resolve(error.message));
  child.once('close', (code, signal) => resolve(code === 0 ? undefined : `it ended with ${signal ?? code}`));
  return report.end(await promise);
}

/**
 * Reads the TAP of `tap run` line by line: each file's tests, indented, then its own line and, when it failed,
 * a block of details that ends with `...`; the totals come last.
 */
export class TapReport {
  readonly #print: (line: string) => void;
  #tests: string[] = [];
  #inDetails = false;
  #totals: Totals | undefined;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  read(line: string): void {
    if (this.#inDetails) {
      this.#print(line);
      this.#inDetails = line !== '  ...';
      return;
    }
    const file = /^(ok|not ok) \d+ - (.*)$/.exec(line);
    const totals = /^# \{ (total: \d+.*) \}$/.exec(line);
    if (file) this.#endOfFile(file[1] === 'ok', file[2]!);
    else if (totals) this.#totals = readTotals(totals[1]!);
    else if (line.startsWith('    ')) this.#tests.push(line);
    else if (line.startsWith('Bail out!')) this.#print(line);
  }

  /** The totals, given how the run went wrong, if it did. */
  end(trouble: string | undefined): Totals {
    const totals = this.#totals ?? { passed: 0, failed: 0, skipped: 0 };
    if (totals.failed > 0) return totals;
    const problem = trouble ?? (totals.passed === 0 ? 'no test has run' : undefined);
    if (problem === undefined) return totals;
    this.#print(`FAILED   tap: ${problem}`);
    return { ...totals, failed: 1 };
  }

  #endOfFile(passed: boolean, name: string): void {
    const wanted = passed ? isSkipped : isNotPassed;
    this.#print(`${passed ? 'passed ' : 'FAILED '}  ${name.replace('# time=', '')}`);
    for (const line of this.#tests.filter(wanted)) this.#print(line);
    this.#tests = [];
    this.#inDetails = !passed;
  }
}

const isSkipped = (line: string) => /^\s+ok \d+.* # (SKIP|TODO)/i.test(line);
const isNotPassed = (line: string) => !/^\s+(ok \d+ |1\.\.\d|$)/.test(line) || isSkipped(line);

// `total: 11, pass: 4, fail: 4, todo: 1, skip: 2`; what is nought is left out
function readTotals(text: string): Totals {
  const counts = new Map(text.split(', ').map((pair) => pair.split(': ') as [string, string]));
  const count = (key: string) => Number(counts.get(key) ?? 0);
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip') + count('todo') };
}
