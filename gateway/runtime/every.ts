/** Repeats work at an interval, one run at a time. Logs a failure as an outage, and retries at the next interval. */
import type { Logger } from 'pino';
import { noteOutages, type OutageMessages } from '../telemetry/note-outages.ts';

/**
 * Starts the first run immediately.
 * @param ms milliseconds from the start of one run to the next
 * @returns stops the repetition, and resolves when the run in progress has ended
 */
export function every(
  ms: number,
  messages: OutageMessages,
  work: () => Promise<void>,
  log: Logger,
): () => Promise<void> {
  const outages = noteOutages(log, messages);
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
