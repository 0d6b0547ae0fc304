/**
 * Turns of those who store changes. One of a registry commits at a time, whoever asks (`append.ts`: the stream's lock);
 * to wait for that with a connection to PostgreSQL in hand would take all connections from everybody else, the lease of
 * the relay among them. So no more than a few batches of a registry have one; the others wait here, in order, not too
 * many and not too long. When the store does not answer the one whose turn it is, those that wait hear it too.
 */
import { Problem } from '../../problems/problem.ts';

/** While one commits, the evidence of the next is written, and a third is on its way. */
const AT_ONCE = 3;
const MOST_WAITING = 64;
/** Milliseconds. */
const LONGEST_WAIT = 8000;

export interface IntakeSlots {
  /**
   * Runs `work` when it is the registry's turn.
   * @throws Problem `overloaded` when too many wait already, or the turn does not come in time; and what `work` throws
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

  /** Resolves when the turn has come; it then counts as running. */
  function turn(line: Line): Promise<void> | undefined {
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

  /** Gives the turn to who has waited longest. */
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
      await turn(line);
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
