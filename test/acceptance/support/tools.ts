/** Programs of others that the acceptance uses, when they are installed. */
import { spawnSync } from 'node:child_process';
import type { Test } from 'tap';

/** Runs it to its end, which is with status 0. @returns what it printed @throws when it ends otherwise */
export type Tool = (args: readonly string[], input?: string) => string;

const DEADLINE_MS = 60_000;

/**
 * Whether `command` is installed. Where it is not, `test` gets a skip, loudly; under `CI=true` that is a failure.
 * @param debianPackage the package that brings it
 */
export function hasTool(test: Pick<Test, 'skip'>, command: string, debianPackage: string): boolean {
  const { error } = spawnSync(command, ['--version'], { stdio: 'ignore', timeout: DEADLINE_MS });
  if (!error) return true;
  const why = `${command} is not installed (Debian package ${debianPackage})`;
  if (process.env.CI === 'true') throw new Error(why);
  console.error(`\n*** SKIPPED: ${why}\n`);
  test.skip(why, () => {});
  return false;
}

/** The program `command`, under the conditions of {@link hasTool}. */
export function findTool(test: Pick<Test, 'skip'>, command: string, debianPackage: string): Tool | undefined {
  if (!hasTool(test, command, debianPackage)) return undefined;
  return (args, input) => {
    const { status, stdout, stderr } = spawnSync(command, args, {
      input,
      encoding: 'utf8',
      timeout: DEADLINE_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    if (status !== 0) throw new Error(`${command} ended with ${status}:\n${stdout}${stderr}`);
    return stdout + stderr;
  };
}
