/**
 * Fetches and caches JWK Sets from remote addresses.
 *
 * - fetched again when a key is not in the known set, or the set is older than five minutes, but at most
 *   once in 30 seconds per address, whatever callers send, and one fetch at a time;
 * - when an address fails, its last set stays valid for one hour;
 * - only from addresses that the gateway may call, bounded in time and size (`gateway/net/outbound.ts`).
 */
import NodeCache from 'node-cache';
import type { Outbound } from '../net/outbound.ts';
import type { LogLines } from '../telemetry/log.ts';
import type { Algorithms } from './algorithms.ts';
import { readJwkSet, selectKeys, type VerificationKey } from './jwk-set.ts';

const FRESH = 5 * 60_000;
const USABLE = 60 * 60_000;
const RETRY_AFTER = 30_000;

export interface RemoteJwks {
  /** The matching keys of the set at `uri` (see `selectKeys`). Does not reject: without a set there is no key. */
  find(uri: string, alg: string | undefined, kid: string | undefined): Promise<readonly VerificationKey[]>;
  close(): void;
}

interface RemoteJwksOptions {
  readonly outbound: Pick<Outbound, 'getJson'>;
  /** Default: the algorithms of clients. */
  readonly accepted?: Algorithms;
  readonly now: () => number;
  readonly log: LogLines;
}

/** The cached state of one address. */
interface Entry {
  keys: readonly VerificationKey[];
  fetchedAt: number;
  attemptedAt: number;
  fetching: Promise<void> | undefined;
}

export function createRemoteJwks({ outbound, accepted, now, log }: RemoteJwksOptions): RemoteJwks {
  // The number of keys is not bounded: they are addresses from the catalogue, never from a caller.
  const entries = new NodeCache({ useClones: false, stdTTL: USABLE / 1000, checkperiod: 600 });

  const entryOf = (uri: string): Entry => {
    const known = entries.get<Entry>(uri);
    if (known) return known;
    const entry: Entry = { keys: [], fetchedAt: 0, attemptedAt: 0, fetching: undefined };
    entries.set(uri, entry);
    return entry;
  };

  const refresh = async (uri: string, entry: Entry): Promise<void> => {
    try {
      entry.keys = readJwkSet(await outbound.getJson(uri), { owner: uri, log, accepted });
      entry.fetchedAt = now();
      entries.set(uri, entry);
    } catch (error) {
      log.warn({ uri, err: error }, 'a key set cannot be fetched');
    } finally {
      entry.fetching = undefined;
    }
  };

  return {
    find: async (uri, alg, kid) => {
      const entry = entryOf(uri);
      const at = now();
      const keys = at - entry.fetchedAt < FRESH ? selectKeys(entry.keys, alg, kid, at) : [];
      if (keys.length > 0) return keys;
      if (!entry.fetching && at - entry.attemptedAt >= RETRY_AFTER) {
        entry.attemptedAt = at;
        entry.fetching = refresh(uri, entry);
      }
      await entry.fetching;
      return now() - entry.fetchedAt < USABLE ? selectKeys(entry.keys, alg, kid, now()) : [];
    },
    close: () => entries.close(),
  };
}
