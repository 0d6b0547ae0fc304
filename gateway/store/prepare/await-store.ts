/** PostgreSQL is often started with the gateway, and ready after it: a start waits for it, for a while. */
import { setTimeout as pause } from 'node:timers/promises';
import { configError, PassingConfigError } from '../../runtime/config-error.ts';
import { type ConnectionFault, connectionFaultOf } from '../connection-fault.ts';
import { checkServer } from './check-server.ts';

interface WaitOptions {
  /** The variable that names the server, for errors. */
  readonly variable: string;
  /** Milliseconds to wait for what may pass; 0: it is tried once. */
  readonly wait: number;
  /** Called once, when it has to be waited for. */
  readonly onWait: (reason: string) => void;
}

export interface AwaitStoreOptions extends WaitOptions {
  readonly url: string;
}

export interface AwaitWorkOptions extends AwaitStoreOptions {
  /** What cannot be done, for errors: `the catalogue cannot be recorded`. */
  readonly otherwise: string;
}

const TRY_EVERY = 1000;

/**
 * Resolves when the server can be used.
 * @throws ConfigError with one line: at once for what cannot pass (a wrong password, an old server), otherwise when `wait` is over
 *   (PassingConfigError)
 */
export async function awaitStore({ url, ...options }: AwaitStoreOptions): Promise<void> {
  await untilDone(options, () => faultOf(() => checkServer(url), url));
}

/**
 * Does `work`, which a start cannot do without, once the server allows it: it may answer and still not do that (a table is locked).
 * @param work may be done again when it has failed
 * @throws as `awaitStore`, and what `work` throws that does not come from the server
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

/** The server's fault, be it the cause of the error; @throws what is none */
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
