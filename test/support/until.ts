import { setTimeout as wait } from 'node:timers/promises';

/** Waits for a condition, however long it takes; the test's own time limit ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await wait(10);
}
