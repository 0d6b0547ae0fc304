/**
 * Clients' JWK Sets by address: fetched, bounded, remembered.
 *
 * - looked up again when a wanted key is not in the known set, or the set is older than five minutes, but at most
 *   once in 30 seconds per address, whatever callers send, and one fetch at a time;
 * - an address that fails: its last known set works for one hour, then no more;
 * - no redirects, no more than 64 KiB, no longer than three seconds.
 */
import NodeCache from 'node-cache';
import { Agent, request } from 'undici';
import { parseStrictJson } from '../strict-json.ts';
import { type ClientKey, readJwkSet, selectKey } from './jwk-set.ts';
import type { Log } from './log.ts';

const FRESH = 5 * 60_000;
const USABLE = 60 * 60_000;
const RETRY_AFTER = 30_000;
const TIMEOUT = 3000;
const MAX_BYTES = 65_536;

interface RemoteJwks {
  /** The one key of the set at `uri` that fits (see `selectKey`). Does not reject: no set, no key. */
  find(uri: string, alg: string | undefined, kid: string | undefined): Promise<ClientKey | undefined>;
  close(): Promise<void>;
}

/** What is known of one address. */
interface Entry {
  keys: readonly ClientKey[];
  fetchedAt: number;
  attemptedAt: number;
  fetching: Promise<void> | undefined;
}

/**
 * May a key set be fetched from here? https anywhere, http on this machine only.
 * Every address passes through here before a connection is made.
 */
export function isAllowedJwksUri(uri: string): boolean {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (!url || url.username || url.password) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

export function createRemoteJwks({ now, log }: { now: () => number; log: Log }): RemoteJwks {
  const agent = new Agent({
    connect: { timeout: TIMEOUT },
    headersTimeout: TIMEOUT,
    bodyTimeout: TIMEOUT,
    maxResponseSize: MAX_BYTES,
    connections: 1,
  });
  // Unbounded in keys: they are addresses from the catalogue, never from a caller.
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
      entry.keys = await readJwkSet(await fetchJson(uri, agent), uri, log);
      entry.fetchedAt = now();
      entries.set(uri, entry);
    } catch (error) {
      log.warn({ uri, err: error }, "a client's key set cannot be fetched");
    } finally {
      entry.fetching = undefined;
    }
  };

  return {
    find: async (uri, alg, kid) => {
      const entry = entryOf(uri);
      const at = now();
      const key = at - entry.fetchedAt < FRESH ? selectKey(entry.keys, alg, kid) : undefined;
      if (key) return key;
      if (!entry.fetching && at - entry.attemptedAt >= RETRY_AFTER) {
        entry.attemptedAt = at;
        entry.fetching = refresh(uri, entry);
      }
      await entry.fetching;
      return now() - entry.fetchedAt < USABLE ? selectKey(entry.keys, alg, kid) : undefined;
    },
    close: async () => {
      entries.close();
      await agent.destroy();
    },
  };
}

async function fetchJson(uri: string, dispatcher: Agent): Promise<unknown> {
  if (!isAllowedJwksUri(uri)) throw new Error('the address is not allowed');
  const { statusCode, body } = await request(uri, {
    dispatcher,
    signal: AbortSignal.timeout(TIMEOUT),
    headers: { accept: 'application/jwk-set+json, application/json' },
  });
  if (statusCode !== 200) {
    // Destroying it emits an error, which without a listener would end the process.
    body.on('error', () => {}).destroy();
    throw new Error(`the answer's status is ${statusCode}`);
  }
  return parseStrictJson(Buffer.from(await body.arrayBuffer()));
}
