/**
 * How many deliveries are under way at once: in all, and for one system, so that endpoints which answer slowly hold up
 * their own deliveries and nobody else's. Whoever waits is served in order of arrival, past those whose system is full.
 */
export interface Slots {
  /** Waits for a place. @returns how to give it back, once; `undefined` when `signal` aborted meanwhile */
  take(system: string, signal: AbortSignal): Promise<(() => void) | undefined>;
}

interface Waiting {
  readonly system: string;
  readonly enter: () => void;
}

/** Waiting are at most the lanes, one place each. */
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
