import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work without a break: calls must not wait for a reload. */
const STRETCH = 8;

/** Yields to the event loop once work has gone on for a while. Awaited between the pieces of a long job. */
export type YieldToEventLoop = () => Promise<void> | undefined;

export function createYieldToEventLoop(): YieldToEventLoop {
  let since = performance.now();
  return () => {
    if (performance.now() - since < STRETCH) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
    });
  };
}
