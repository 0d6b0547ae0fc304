/**
 * Bulkhead: limits how many copies are made at a time, in all and for one system. Snapshots and digests list whole
 * registries; calls must not wait behind them.
 */
import { Problem } from '../problems/problem.ts';

/** Seconds after which a refused caller may ask again. */
const RETRY_AFTER = 15;

export interface CopySlots {
  /**
   * Takes a slot.
   * @returns releases the slot; calling it again does nothing
   * @throws Problem `too_many_copies` (429) when the system holds its share, `copies_busy` (503) when no slot is free
   */
  take(system: string): () => void;
}

export function createCopySlots(limits: { readonly max: number; readonly perSystem: number }): CopySlots {
  const bySystem = new Map<string, number>();
  let taken = 0;
  return {
    take(system) {
      const own = bySystem.get(system) ?? 0;
      if (own >= limits.perSystem) throw new Problem('too_many_copies', { retryAfter: RETRY_AFTER });
      if (taken >= limits.max) throw new Problem('copies_busy', { retryAfter: RETRY_AFTER });
      taken++;
      bySystem.set(system, own + 1);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        taken--;
        const left = bySystem.get(system)! - 1;
        if (left === 0) bySystem.delete(system);
        else bySystem.set(system, left);
      };
    },
  };
}
