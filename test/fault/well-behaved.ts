/** A caller as agencies are: some connections that it keeps, a new one now and then, and no hurry. */
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';

/** Callers that keep their connection, and milliseconds between two calls of one. */
const KEPT = 4;
const KEPT_PAUSE = 10;
/** Callers that open a connection for each call. */
const FRESH = 2;
const FRESH_PAUSE = 50;

export interface Calls {
  readonly kept: readonly number[];
  readonly fresh: readonly number[];
  /** Calls that had another answer than the right one, or none: what happened, and how often. */
  readonly failures: ReadonlyMap<string, number>;
}

/**
 * Calls until `until` is settled.
 * @param call one call over `dispatcher`; rejects when anything is wrong with its answer
 * @param localAddress where the caller's connections come from
 * @returns milliseconds of every call that succeeded, the connection included
 */
export async function behaveWell(
  call: (dispatcher: Dispatcher) => Promise<void>,
  until: Promise<unknown>,
  localAddress = '127.0.0.1',
): Promise<Calls> {
  let over = false;
  const end = () => {
    over = true;
  };
  until.then(end, end);
  const kept: number[] = [];
  const fresh: number[] = [];
  const failures = new Map<string, number>();

  async function timed(dispatcher: Dispatcher, times: number[]): Promise<void> {
    const begun = performance.now();
    try {
      await call(dispatcher);
      times.push(performance.now() - begun);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      failures.set(what, (failures.get(what) ?? 0) + 1);
    }
  }

  async function keepCalling(): Promise<void> {
    const agent = new Agent({ localAddress, connections: 1, pipelining: 1 });
    while (!over) {
      await timed(agent, kept);
      await wait(KEPT_PAUSE);
    }
    await agent.destroy();
  }

  async function comeAnew(): Promise<void> {
    while (!over) {
      const agent = new Agent({ localAddress, connections: 1, pipelining: 1 });
      await timed(agent, fresh);
      await agent.destroy();
      await wait(FRESH_PAUSE);
    }
  }

  await Promise.all([
    ...Array.from({ length: KEPT }, keepCalling),
    ...Array.from({ length: FRESH }, comeAnew),
  ]);
  return { kept, fresh, failures };
}
