import type { Log } from '../telemetry/log.ts';

/** Runs `work` now and once a day; logs a failure and retries the next day. @returns a function that stops it */
export function daily(name: string, work: () => Promise<unknown>, log: Log): () => Promise<unknown> {
  let running: Promise<unknown> = Promise.resolve();
  const run = () => {
    running = work().catch((error: unknown) => log.warn({ err: error }, `${name} failed`));
  };
  run();
  const timer = setInterval(run, 24 * 60 * 60 * 1000).unref();
  return () => {
    clearInterval(timer);
    return running;
  };
}
