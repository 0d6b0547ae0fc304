/** Work that is done every so often, one at a time. A failure is logged as an outage, and the work is tried again next time. */
import type { Logger } from 'pino';
import { noteOutages, type OutageWords } from '../telemetry/note-outages.ts';

/**
 * Begins at once.
 * @param ms milliseconds from one beginning to the next
 * @returns how to stop: resolves when the work under way has ended
 */
export function every(
  ms: number,
  words: OutageWords,
  work: () => Promise<void>,
  log: Logger,
): () => Promise<void> {
  const outages = noteOutages(log, words);
  let running = Promise.resolve();
  let idle = true;
  const begin = () => {
    if (!idle) return;
    idle = false;
    running = work()
      .then(outages.worked, outages.failed)
      .finally(() => {
        idle = true;
      });
  };
  const timer = setInterval(begin, ms).unref();
  begin();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
