import { setTimeout as wait } from 'node:timers/promises';

const PAUSE_MS = 50;
const DEADLINE_MS = 60_000;

/** The first result of `look` that is neither undefined nor false. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const result = await look();
    if (result !== undefined && result !== false) return result;
    if (Date.now() > deadline) throw new Error(`${deadlineMs} ms passed before ${what}`);
    await wait(PAUSE_MS);
  }
}
