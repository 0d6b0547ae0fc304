/** An entry with a deadline. */
export interface Waiting {
  /** Milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Kept by `Deadlines`. */
  slot: number;
  /** Called once, at the deadline or up to one tick after it, unless removed before. */
  expire(): void;
}

/** Milliseconds between two checks of the clock: the most by which an expiry is late, beside the event loop's own delay. */
const TICK = 10;

/**
 * One timer for all calls in flight. Nearly every call ends long before its deadline, so adding and removing must
 * cost next to nothing: entries are kept in slots of one tick, and a sweep visits only the slots that have passed.
 */
export class Deadlines {
  readonly #slots = new Map<number, Set<Waiting>>();
  #timer: NodeJS.Timeout | undefined;
  #swept = 0;
  #size = 0;

  add(waiting: Waiting): void {
    if (!this.#timer) {
      this.#swept = Math.floor(performance.now() / TICK);
      // A waiting call holds its socket, which keeps the process alive; the timer need not.
      this.#timer = setInterval(this.#sweep, TICK).unref();
    }
    // A slot is swept when all of it has passed; an entry with a passed deadline goes to the next sweep.
    const slot = Math.max(Math.ceil(waiting.deadline / TICK), this.#swept);
    waiting.slot = slot;
    const entries = this.#slots.get(slot);
    if (entries) entries.add(waiting);
    else this.#slots.set(slot, new Set([waiting]));
    this.#size++;
  }

  /** Does nothing when the entry has expired or was never added. */
  remove(waiting: Waiting): void {
    if (this.#slots.get(waiting.slot)?.delete(waiting)) this.#size--;
  }

  readonly #sweep = (): void => {
    const now = Math.floor(performance.now() / TICK);
    while (this.#swept <= now) {
      const slot = this.#swept++;
      const entries = this.#slots.get(slot);
      if (!entries) continue;
      this.#slots.delete(slot);
      this.#size -= entries.size;
      for (const waiting of entries) waiting.expire();
    }
    if (this.#size > 0) return;
    // Calls that ended in time leave empty slots; they are removed when no entry is left.
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#slots.clear();
  };
}
