import { setTimeout as wait } from 'node:timers/promises';

const PAUSE_MS = 50;
const DEADLINE_MS = 60_000;

/** The first result of `look` that is neither undefined nor false. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const result = await look();
    if (result !== undefined && result !== false) return result;
    if (Date.now() > deadline) throw new Error(`${DEADLINE_MS} ms passed before ${what}`);
    await wait(PAUSE_MS);
  }
}
