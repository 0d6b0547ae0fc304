/** Programs of others that the acceptance uses, when they are installed. */
import { spawnSync } from 'node:child_process';
import type { Test } from 'tap';

/**
 * Whether `command` is there. Where it is not, `test` gets a skip, loudly; under `CI=true` that is a failure.
 * @param hint the package that brings it
 */
export function hasTool(test: Pick<Test, 'skip'>, command: string, hint: string): boolean {
  if (spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined) return true;
  const why = `${command} is not installed (Debian package ${hint})`;
  if (process.env.CI === 'true') throw new Error(why);
  console.error(`\n*** SKIPPED: ${why}\n`);
  test.skip(why, () => {});
  return false;
}
