/**
 * The batch window of a reader that keeps up. Events that arrive within it share one chunk or delivery, with one entry of
 * evidence, one signature and one write. Many readers cost chunks, not events; so the window grows with their number. The first
 * event after a silence is sent at once.
 */

/** Milliseconds. A change is to arrive within two seconds, and the longest window leaves one of them for everything else. */
const SHORTEST = 200;
const LONGEST = 1000;

/**
 * Milliseconds from one chunk of a reader to its next.
 * @param readers of this process
 * @param each milliseconds for each reader: all readers together get one chunk in that time
 */
export const batchWindowFor = (readers: number, each: number): number =>
  Math.min(LONGEST, Math.max(SHORTEST, readers * each));
