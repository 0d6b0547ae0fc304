import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/**
 * Sends `signal` to a child and resolves once it has ended; when it has not after `graceMs`, `last` follows.
 * At once for a child that has ended already, or was never started.
 */
export async function terminate(
  child: ChildProcess,
  signal: NodeJS.Signals,
  { graceMs = 15_000, last = 'SIGKILL' as NodeJS.Signals } = {},
): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.ref(); // a server does not keep this process alive, but waiting for its end does
  const ended = once(child, 'exit');
  child.kill(signal);
  const impatience = setTimeout(() => child.kill(last), graceMs);
  await ended;
  clearTimeout(impatience);
}
