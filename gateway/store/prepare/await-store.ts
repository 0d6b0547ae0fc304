/** Waits at a start for PostgreSQL, which is often started together with the gateway and ready later. */
import { setTimeout as pause } from 'node:timers/promises';
import { configError, PassingConfigError } from '../../runtime/config-error.ts';
import { type ConnectionFault, connectionFaultOf } from '../connection-fault.ts';
import { checkServer } from './check-server.ts';

interface WaitOptions {
  /** The variable that names the server, for errors. */
  readonly variable: string;
  /** Milliseconds to wait for a passing fault; 0: one attempt. */
  readonly wait: number;
  /** Called once, when waiting begins. */
  readonly onWait: (reason: string) => void;
}

export interface AwaitStoreOptions extends WaitOptions {
  readonly url: string;
}

export interface AwaitWorkOptions extends AwaitStoreOptions {
  /** The failed work, for errors: `the catalogue cannot be recorded`. */
  readonly otherwise: string;
}

const TRY_EVERY = 1000;

/**
 * Resolves when the server can be used.
 * @throws ConfigError with one line: at once for a lasting fault (a wrong password, an old server), otherwise after `wait`
 *   (PassingConfigError)
 */
export async function awaitStore({ url, ...options }: AwaitStoreOptions): Promise<void> {
  await untilDone(options, () => faultOf(() => checkServer(url), url));
}

/**
 * Runs `work`, which a start needs, once the server allows it: a server that answers may still refuse it (a table is locked).
 * @param work can be repeated after a failure
 * @throws as `awaitStore`, and errors of `work` that do not come from the server
 */
export async function awaitWork(
  { url, otherwise, ...options }: AwaitWorkOptions,
  work: () => Promise<void>,
): Promise<void> {
  await untilDone(options, async () => {
    const fault = await faultOf(async () => {
      await work();
      return undefined;
    }, url);
    return fault && { ...fault, reason: `${otherwise}: ${fault.reason}` };
  });
}

async function untilDone(
  { variable, wait, onWait }: WaitOptions,
  tryOnce: () => Promise<ConnectionFault | undefined>,
): Promise<void> {
  const until = performance.now() + wait;
  for (let attempt = 1; ; attempt++) {
    const fault = await tryOnce();
    if (!fault) return;
    if (!fault.passing) throw configError(variable, fault.reason);
    if (attempt === 1 && wait > 0) onWait(fault.reason);
    const rest = until - performance.now();
    if (rest <= 0) {
      const reason = wait > 0 ? `${fault.reason}, for ${wait / 1000} seconds` : fault.reason;
      throw new PassingConfigError([{ variable, reason }]);
    }
    await pause(Math.min(TRY_EVERY, rest));
  }
}

/** The server's fault that an error means, directly or by its cause; @throws any other error */
async function faultOf(
  work: () => Promise<ConnectionFault | undefined>,
  url: string,
): Promise<ConnectionFault | undefined> {
  try {
    return await work();
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const fault = connectionFaultOf(error, url) ?? connectionFaultOf(cause, url);
    if (!fault) throw error;
    return fault;
  }
}
