/** PostgreSQL is often started with the gateway, and ready after it: a start waits for it, for a while. */
import { setTimeout as pause } from 'node:timers/promises';
import { configError } from '../config/config-error.ts';
import { checkServer } from './check-server.ts';
import { type ConnectionFault, connectionFaultOf } from './connection-fault.ts';

export interface AwaitStoreOptions {
  readonly url: string;
  /** The variable that names it, for errors. */
  readonly variable: string;
  /** Milliseconds to wait for what may pass; 0: it is tried once. */
  readonly wait: number;
  /** Called once, when it has to be waited for. */
  readonly onWait: (reason: string) => void;
}

const TRY_EVERY = 1000;

/**
 * Resolves when the server can be used.
 * @throws ConfigError with one line: at once for what cannot pass (a wrong password, an old server), otherwise when `wait` is over
 */
export async function awaitStore({ url, variable, wait, onWait }: AwaitStoreOptions): Promise<void> {
  const until = performance.now() + wait;
  for (let attempt = 1; ; attempt++) {
    const fault = await tryOnce(url);
    if (!fault) return;
    if (!fault.passing) throw configError(variable, fault.reason);
    if (attempt === 1 && wait > 0) onWait(fault.reason);
    const rest = until - performance.now();
    if (rest <= 0) {
      throw configError(variable, wait > 0 ? `${fault.reason}, for ${wait / 1000} seconds` : fault.reason);
    }
    await pause(Math.min(TRY_EVERY, rest));
  }
}

async function tryOnce(url: string): Promise<ConnectionFault | undefined> {
  try {
    return await checkServer(url);
  } catch (error) {
    const fault = connectionFaultOf(error, url);
    if (!fault) throw error;
    return fault;
  }
}
