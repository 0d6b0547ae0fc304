/**
 * Digests on request: the first request starts the computation, further ones wait for the same, and answers are range by range.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { StreamGrant } from '../catalog/catalog.ts';
import type { Outbox } from '../changes/outbox/outbox.ts';
import { Problem } from '../problems/problem.ts';
import type { Pool } from '../store/pool.ts';
import type { Secrets } from '../store/secrets.ts';
import { isStoreUnavailable } from '../store/unavailable.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { computeDigest } from './compute-digest.ts';
import type { CopySlots } from './copy-slots.ts';
import {
  beginDigest,
  deleteExpiredDigests,
  failDigest,
  findComputing,
  findDigest,
  partsOfDigest,
  renewDigest,
  rowsOfDigest,
  type StoredDigest,
  storeDigest,
} from './digest-store.ts';
import { type HashedRow, hashRange, LARGEST_GROUP, partsOf } from './merkle.ts';
import type { List } from './snapshot.ts';

/** Milliseconds that a request waits for a digest before the answer is the id of an unfinished one. */
const PATIENCE = 10_000;
const RENEW_EVERY = 5000;
const CLEAN_EVERY = 60_000;

/** A range of a digest: its hash, and the hashes below it. */
export interface DigestRange {
  /** Prefix of subjects; `''` is everything. */
  readonly range: string;
  /** Rows. */
  readonly count: number;
  /** Hexadecimal. */
  readonly hash: string;
  /** For a range with more than 64 rows: the ranges one character longer. */
  readonly ranges?: readonly Pick<DigestRange, 'range' | 'count' | 'hash'>[];
  /** For a range with at most 64 rows. */
  readonly rows?: readonly { readonly subject: string; readonly version: number; readonly hash: string }[];
}

export interface DigestQuestion {
  readonly grant: StreamGrant;
  readonly system: string;
  readonly list: List;
}

export interface Digests {
  /**
   * A digest of the registry as it is now.
   * @returns a digest, or the id of one that is still being computed
   * @throws Problem of the failed computation; `too_many_copies`, `copies_busy`
   */
  make(question: DigestQuestion): Promise<StoredDigest>;
  /** An earlier digest, of any replica. @throws Problem `digest_expired`, or that of the failed computation */
  find(id: string, grant: StreamGrant): Promise<StoredDigest>;
  /** Ranges of a digest that is ready. */
  ranges(digest: StoredDigest, prefixes: readonly string[]): Promise<DigestRange[]>;
  /** Aborts the computations under way. */
  close(): Promise<void>;
}

export interface DigestsOptions {
  readonly pool: Pool;
  readonly secrets: Secrets;
  readonly outboxes: ReadonlyMap<string, Outbox>;
  readonly withKafka: boolean;
  readonly slots: CopySlots;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'copiesOpen' | 'digestSeconds'>;
  readonly onUnreadable: (grant: StreamGrant, count: number) => void;
  /** Milliseconds; tests shorten it. */
  readonly patience?: number;
}

export function createDigests(options: DigestsOptions): Digests {
  const { pool, secrets, slots, log, metrics, patience = PATIENCE } = options;
  const key = secrets.derive('digests');
  const closing = new AbortController();
  const computing = new Map<string, Promise<void>>();
  const cleaning = setInterval(() => {
    deleteExpiredDigests(pool).catch((error) => log.debug({ err: error }, 'digests cannot be removed'));
  }, CLEAN_EVERY).unref();

  /** Computes and stores. Never rejects: a failure is stored as the digest's state. */
  async function compute(id: string, { grant, list }: DigestQuestion): Promise<void> {
    const given = new AbortController();
    const signal = AbortSignal.any([closing.signal, given.signal]);
    const { registry } = grant.entity;
    const measured = metrics.digestSeconds.startTimer({ registry });
    metrics.copiesOpen.inc({ kind: 'digest' });
    let outcome: string = 'ok';
    const renewing = setInterval(() => {
      renewDigest(pool, id).then(
        (held) => held || given.abort(),
        (error) => log.debug({ err: error }, 'a digest cannot be renewed'),
      );
    }, RENEW_EVERY);
    try {
      const outbox = options.outboxes.get(registry)!;
      const computed = await computeDigest({ ...options, grant, list, outbox, signal });
      if (computed.unreadable > 0) options.onUnreadable(grant, computed.unreadable);
      await storeDigest(pool, id, computed, key);
    } catch (error) {
      if (!signal.aborted && !(error instanceof Problem)) log.error({ err: error }, 'a digest failed');
      outcome = codeOf(error, signal);
      await failDigest(pool, id, codeOf(error, signal)).catch(() => {});
    } finally {
      clearInterval(renewing);
      metrics.copiesOpen.dec({ kind: 'digest' });
      measured({ outcome });
    }
  }

  /** Starts the computation. @throws Problem `copies_busy` when another replica has just started it */
  async function begin(question: DigestQuestion): Promise<string> {
    const leave = slots.take(question.system);
    let id: string | undefined;
    try {
      id = await beginDigest(pool, question.grant);
    } finally {
      if (id === undefined) leave();
    }
    if (id === undefined) throw new Problem('copies_busy', { retryAfter: 1 });
    const made = id;
    const work = compute(made, question).finally(() => {
      computing.delete(made);
      leave();
    });
    computing.set(made, work);
    return made;
  }

  async function find(id: string, grant: StreamGrant): Promise<StoredDigest> {
    const digest = await findDigest(pool, id, grant);
    if (!digest) throw new Problem('digest_expired', { agreement: grant.agreement.number });
    if (digest.state === 'failed') throw new Problem(digest.code!, { retryAfter: 1 });
    return digest;
  }

  return {
    find,
    async make(question) {
      const { grant } = question;
      const id = (await findComputing(pool, grant)) ?? (await begin(question));
      const work = computing.get(id);
      if (work) {
        const late = new AbortController();
        await Promise.race([work, wait(patience, undefined, { signal: late.signal }).catch(() => {})]);
        late.abort();
      }
      return find(id, grant);
    },
    async ranges(digest, prefixes) {
      const parts = new Map<string, Promise<HashedRow[]>>();
      const rowsBelow = (part: string): Promise<HashedRow[]> => {
        const known = parts.get(part) ?? rowsOfDigest(pool, digest.id, part, key);
        parts.set(part, known);
        return known;
      };
      return Promise.all(prefixes.map((prefix) => rangeOf(pool, digest, prefix, rowsBelow)));
    },
    async close() {
      clearInterval(cleaning);
      closing.abort();
      await Promise.all(computing.values());
    },
  };
}

async function rangeOf(
  pool: Pool,
  { id, rows: count, hash }: StoredDigest,
  prefix: string,
  rowsBelow: (part: string) => Promise<readonly HashedRow[]>,
): Promise<DigestRange> {
  if (prefix === '' && count > LARGEST_GROUP) {
    const parts = await partsOfDigest(pool, id);
    return {
      range: '',
      count,
      hash: hash.toString('hex'),
      ranges: parts.map((part) => ({
        range: part.prefix,
        count: part.count,
        hash: part.hash.toString('hex'),
      })),
    };
  }
  const part = await rowsBelow(prefix.slice(0, 1));
  return describeRange(
    part.filter(({ subject }) => subject.startsWith(prefix)),
    prefix,
  );
}

function describeRange(rows: readonly HashedRow[], range: string): DigestRange {
  const common = { range, count: rows.length, hash: hashRange(rows, range.length).toString('hex') };
  if (rows.length <= LARGEST_GROUP) {
    return {
      ...common,
      rows: rows.map(({ subject, version, hash }) => ({ subject, version, hash: hash.toString('hex') })),
    };
  }
  return {
    ...common,
    ranges: partsOf(rows, range.length).map(([next, part]) => ({
      range: range + next,
      count: part.length,
      hash: hashRange(part, range.length + 1).toString('hex'),
    })),
  };
}

function codeOf(error: unknown, signal: AbortSignal) {
  if (error instanceof Problem) return error.code;
  if (signal.aborted) return 'overloaded';
  return isStoreUnavailable(error) ? 'store_unavailable' : 'internal_error';
}
