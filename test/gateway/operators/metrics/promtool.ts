import { spawnSync } from 'node:child_process';
import type { Test } from 'tap';

const MISSING = 'promtool (Debian package prometheus) is not installed';

/**
 * Runs promtool and passes when it accepts; without promtool the test is skipped, and fails under CI=true.
 * @param input for its standard input
 */
export function promtool(t: Test, args: readonly string[], input?: string): void {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  if (error && 'code' in error && error.code === 'ENOENT') {
    if (process.env.CI === 'true') t.fail(MISSING);
    else t.pass(`promtool ${args.join(' ')}`, { skip: MISSING });
    return;
  }
  t.equal(status, 0, `promtool ${args.join(' ')}`, { output: `${stdout}${stderr}` });
}
