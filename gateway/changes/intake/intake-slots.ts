/**
 * A semaphore for batches that are to be stored. The lock of a registry's stream lets one batch commit at a time (`append.ts`).
 * Batches that waited for it with a connection to PostgreSQL would take all connections, also those of the relay's lease. So a few
 * batches of a registry have a slot, and the others wait here, in order, not too many and not too long. When the store does not
 * answer a batch, the waiting ones fail with it.
 */
import { Problem } from '../../problems/problem.ts';

/** While one commits, the evidence of the next is written, and a third is on its way. */
const AT_ONCE = 3;
const MOST_WAITING = 64;
/** Milliseconds. */
const LONGEST_WAIT = 8000;

export interface IntakeSlots {
  /**
   * Runs `work` when the registry has a free slot.
   * @throws Problem `overloaded` when too many wait already, or no slot is free in time; and the error of `work`
   */
  take<T>(registry: string, work: () => Promise<T>): Promise<T>;
}

interface Waiter {
  readonly begin: () => void;
  readonly refuse: (reason: unknown) => void;
}

interface Line {
  running: number;
  readonly waiting: Set<Waiter>;
}

const isAway = (error: unknown) => error instanceof Problem && error.code === 'store_unavailable';

export function createIntakeSlots(): IntakeSlots {
  const lines = new Map<string, Line>();

  /** Resolves when a slot is free, and takes it. */
  function enter(line: Line): Promise<void> | undefined {
    if (line.running < AT_ONCE) {
      line.running += 1;
      return undefined;
    }
    if (line.waiting.size >= MOST_WAITING) throw new Problem('overloaded', { retryAfter: 1 });
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        begin: () => {
          clearTimeout(timer);
          resolve();
        },
        refuse: (reason) => {
          clearTimeout(timer);
          line.waiting.delete(waiter);
          reject(reason);
        },
      };
      const timer = setTimeout(waiter.refuse, LONGEST_WAIT, new Problem('overloaded', { retryAfter: 1 }));
      line.waiting.add(waiter);
    });
  }

  /** Passes the slot to the batch that has waited longest. */
  function pass(line: Line): void {
    const [next] = line.waiting;
    if (!next) {
      line.running -= 1;
      return;
    }
    line.waiting.delete(next);
    next.begin();
  }

  return {
    async take(registry, work) {
      const line = lines.get(registry) ?? { running: 0, waiting: new Set() };
      lines.set(registry, line);
      await enter(line);
      try {
        return await work();
      } catch (error) {
        if (isAway(error)) for (const { refuse } of [...line.waiting]) refuse(error);
        throw error;
      } finally {
        pass(line);
      }
    },
  };
}
