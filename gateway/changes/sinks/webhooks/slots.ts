/**
 * A semaphore for deliveries, with slots in all and for each system, so that slow endpoints delay only their own system's
 * deliveries. Waiting deliveries enter in order of arrival; one whose system has no free slot is passed over.
 */
export interface Slots {
  /** Waits for a slot. @returns how to release it; `undefined` when `signal` aborted meanwhile */
  take(system: string, signal: AbortSignal): Promise<(() => void) | undefined>;
}

interface Waiting {
  readonly system: string;
  readonly enter: () => void;
}

/** The subscription loops bound the queue: each waits for one slot at most. */
export function createSlots(inAll: number, perSystem: number): Slots {
  const taken = new Map<string, number>();
  const waiting = new Set<Waiting>();
  let all = 0;

  const of = (system: string) => taken.get(system) ?? 0;
  const fits = (system: string) => all < inAll && of(system) < perSystem;

  function enter(system: string): () => void {
    all += 1;
    taken.set(system, of(system) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      all -= 1;
      if (of(system) === 1) taken.delete(system);
      else taken.set(system, of(system) - 1);
      for (const one of waiting) {
        if (all >= inAll) break;
        if (fits(one.system)) one.enter();
      }
    };
  }

  return {
    take(system, signal) {
      if (signal.aborted) return Promise.resolve(undefined);
      if (fits(system)) return Promise.resolve(enter(system));
      return new Promise((resolve) => {
        const end = (release: (() => void) | undefined) => {
          waiting.delete(one);
          signal.removeEventListener('abort', give);
          resolve(release);
        };
        const give = () => end(undefined);
        const one = { system, enter: () => end(enter(system)) };
        waiting.add(one);
        signal.addEventListener('abort', give, { once: true });
      });
    },
  };
}
