/**
 * How long changes are gathered for readers that keep up: what comes in between shares a chunk or a delivery, its entry of
 * evidence, its signature and its write. Those, not the events in them, are what many readers cost; so the more there are,
 * the longer. The first event after a silence waits for nothing.
 */

/** Milliseconds. The longest leaves a second of two for everything else. */
const SHORTEST = 200;
const LONGEST = 1000;

/**
 * Milliseconds from one chunk of a reader to its next.
 * @param readers who are told by this process
 * @param each milliseconds for each of them: all together have a chunk so often
 */
export const batchWindowFor = (readers: number, each: number): number =>
  Math.min(LONGEST, Math.max(SHORTEST, readers * each));
