/**
 * Tokens that were verified, until they expire: the hot path of a call is one digest and one look-up.
 * The digest stands for the token, so that a memory dump holds no token for longer than its request.
 */
import { hash } from 'node:crypto';
import NodeCache from 'node-cache';
import type { Caller } from '../caller.ts';

interface VerifiedTokens {
  get(token: string): Caller | undefined;
  /** Remembers, while there is room: a full cache is a miss, never an error. */
  set(token: string, caller: Caller): void;
  /** Forgets the callers that `which` names. */
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
      // To node-cache 0 means for ever.
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
