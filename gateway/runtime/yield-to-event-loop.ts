import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work at a stretch: a reload goes on beside calls, which must not wait for it. */
const STRETCH = 8;

/** Lets others have their turn, once work has gone on for a while. Awaited between pieces of a long work. */
export type Breathe = () => Promise<void> | undefined;

export function createBreathe(): Breathe {
  let since = performance.now();
  return () => {
    if (performance.now() - since < STRETCH) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
    });
  };
}
