/**
 * Cache of verified tokens until they expire: the hot path of a call is one digest and one look-up. The cache holds digests
 * only, so that no token stays in memory longer than its request.
 */
import { hash } from 'node:crypto';
import NodeCache from 'node-cache';
import type { Caller } from '../caller.ts';

interface VerifiedTokens {
  get(token: string): Caller | undefined;
  /** Remembers, while there is room: a full cache is a miss, never an error. */
  set(token: string, caller: Caller): void;
  /** Forgets the callers for which `which` returns true. */
  forget(which: (caller: Caller) => boolean): void;
  close(): void;
}

export function createVerifiedTokens(options: { maxKeys: number; now: () => number }): VerifiedTokens {
  const { maxKeys, now } = options;
  const cache = new NodeCache({ useClones: false, maxKeys, checkperiod: 30 });
  const digest = (token: string) => hash('sha256', token, 'base64');
  return {
    get: (token) => {
      const caller = cache.get<Caller>(digest(token));
      return caller !== undefined && caller.expiresAt > now() ? caller : undefined;
    },
    set: (token, caller) => {
      const seconds = (caller.expiresAt - now()) / 1000;
      // node-cache takes 0 for "never expires".
      if (seconds <= 0) return;
      try {
        cache.set(digest(token), caller, seconds);
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'ECACHEFULL') throw error;
      }
    },
    forget: (which) => {
      for (const key of cache.keys()) {
        const caller = cache.get<Caller>(key);
        if (caller && which(caller)) cache.del(key);
      }
    },
    close: () => cache.close(),
  };
}
