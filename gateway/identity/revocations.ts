/**
 * Revocations: agencies, systems, keys, tokens and agreements that are out, whatever the contracts and the tokens say.
 *
 * Each replica holds them in memory, so that asking costs nothing, and keeps a connection of its own to learn of new
 * ones: told by NOTIFY at once, and asking twice a second in case that a notification is lost. A replica that could
 * not ask for two seconds does not know, says so (`fresh`), and MUST let nobody in.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { StoreClient } from '../store/origin.ts';
import { type Client, type Pool, transaction } from '../store/pool.ts';
import { QUERY_LIMIT } from '../store/time-limits.ts';
import type { Caller } from './caller.ts';
import type { Log } from './log.ts';

export const revocableKinds = ['agency', 'system', 'key', 'token', 'agreement'] as const;
export type RevocableKind = (typeof revocableKinds)[number];

export interface Revoked {
  readonly kind: RevocableKind;
  /** Agency code, system id, thumbprint of a key or certificate, `jti`, agreement number. */
  readonly value: string;
}

/** With the version of the whole list, the same in each. */
type InForce = Revoked & { readonly version: number };

export interface Revocation extends Revoked {
  readonly id: number;
  /** RFC 3339. */
  readonly at: string;
  readonly by: string;
  readonly reason: string;
  readonly lifted?: { readonly at: string; readonly by: string; readonly reason: string };
}

/** What the request path asks. */
export interface RevocationCheck {
  /** Were the revocations read within the last two seconds? */
  fresh(): boolean;
  has(kind: RevocableKind, value: string): boolean;
  /** Numbers of revoked agreements. */
  readonly agreements: ReadonlySet<string>;
  /** Calls `listener` with each revocation that this replica learns of from now on. Returns how to stop. */
  onRevoked(listener: (revoked: Revoked) => void): () => void;
}

/** Writes the record of a revocation, or of its lifting, into the transaction. @returns to be called once it is committed */
export type RecordRevocation = (client: Client, revocation: Revocation) => Promise<() => void>;

const withoutRecord: RecordRevocation = async () => () => {};

export interface Revocations extends RevocationCheck {
  /** In force; with `all`, also those that were lifted. Newest first. */
  list(options: { readonly all: boolean }): Promise<Revocation[]>;
  /**
   * MUST NOT resolve before the revocation is durable and in force here. `isNew` is false when it was in force before.
   * @param record called for a new one, in its transaction: without its record there is no revocation, and asking again
   *   makes both
   * @throws when the store cannot take it, and what `record` throws
   */
  revoke(
    revoked: Revoked,
    decision: { readonly by: string; readonly reason: string },
    record?: RecordRevocation,
  ): Promise<{ readonly revocation: Revocation; readonly isNew: boolean }>;
  /**
   * `undefined`: there is none of this id in force.
   * @param record as above
   */
  lift(
    id: number,
    decision: { readonly by: string; readonly reason: string },
    record?: RecordRevocation,
  ): Promise<Revocation | undefined>;
  /** Reads them now, for who has been too busy to. @throws Error when the store is away */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

export interface RevocationsOptions {
  /** A direct or session-mode connection. */
  readonly databaseUrl: string;
  readonly pool: Pool;
  readonly log: Log;
  /** Milliseconds of a clock that never jumps. */
  readonly clock?: () => number;
}

const FRESH = 2000;
const ASK_EVERY = 500;
/** Before the connection is given up. */
const QUERY_TIMEOUT = 1000;
const RECONNECT_AFTER = 200;

interface Row {
  id: number;
  kind: RevocableKind;
  value: string;
  at: Date;
  by: string;
  reason: string;
  lifted_at: Date | null;
  lifted_by: string | null;
  lifted_reason: string | null;
}

type Known = Readonly<Record<RevocableKind, ReadonlySet<string>>>;

// A token that was revoked two hours ago has expired, whoever issued it: the list does not grow for ever.
const READ = `
  SELECT version, kind, value FROM revocation_version LEFT JOIN revocation
    ON lifted_at IS NULL AND (kind <> 'token' OR at > now() - interval '2 hours')`;

/** Reads the revocations once, and goes on. @throws Error when the store is away */
export async function openRevocations(options: RevocationsOptions): Promise<Revocations> {
  const { databaseUrl, pool, log, clock = () => performance.now() } = options;
  const listeners = new Set<(revoked: Revoked) => void>();
  const stop = new AbortController();
  let known: Known = setsOf([]);
  let version = -1;
  let readAt = Number.NEGATIVE_INFINITY;
  let failing = false;

  /** @param at when the question was asked: the answer is no younger */
  const take = (rows: readonly InForce[], at: number) => {
    // Two answers may cross: the one that was asked for earlier tells nothing. (Versions do not tell which it is: a
    // database that was restored from a backup counts from a lower one.)
    if (at < readAt) return;
    const before = known;
    known = setsOf(rows.filter(({ kind }) => kind !== null));
    version = rows[0]?.version ?? 0;
    readAt = at;
    for (const kind of revocableKinds) {
      for (const value of known[kind].difference(before[kind])) announce({ kind, value });
    }
  };
  const announce = (revoked: Revoked) => {
    for (const listener of listeners) {
      try {
        listener(revoked);
      } catch (error) {
        log.error({ err: error, kind: revoked.kind }, 'a revocation was not followed');
      }
    }
  };
  const read = async (query: (ask: pg.QueryConfig) => Promise<{ rows: InForce[] }>): Promise<void> => {
    const at = clock();
    const ask = { name: 'revocations', text: READ, query_timeout: QUERY_TIMEOUT };
    const { rows } = await query(ask);
    take(rows, at);
  };
  /** Cheaper than reading them all, which is needed only when there is something new. */
  const look = async (client: pg.Client): Promise<void> => {
    const at = clock();
    const ask = {
      name: 'revocation-version',
      text: 'SELECT version FROM revocation_version',
      query_timeout: QUERY_TIMEOUT,
    };
    const { rows } = await client.query<{ version: number }>(ask);
    if (rows[0]?.version === version) readAt = Math.max(readAt, at);
    else await read((all) => client.query<InForce>(all));
  };

  const follow = async (): Promise<void> => {
    const client: pg.Client = new StoreClient({
      connectionString: databaseUrl,
      application_name: 'lienthong revocations',
      keepAlive: true,
      connectionTimeoutMillis: QUERY_TIMEOUT,
      query_timeout: QUERY_LIMIT,
    });
    const lost = Promise.withResolvers<void>();
    let wake = Promise.withResolvers<void>();
    client.on('error', () => lost.resolve());
    client.once('end', () => lost.resolve());
    client.on('notification', () => wake.resolve());
    try {
      await client.connect();
      await client.query('LISTEN revocations');
      let ended = false;
      void lost.promise.then(() => {
        ended = true;
      });
      while (!ended && !stop.signal.aborted) {
        await look(client);
        if (failing) log.info({}, 'revocations are read again');
        failing = false;
        await Promise.race([wake.promise, lost.promise, pause(ASK_EVERY)]);
        wake = Promise.withResolvers<void>();
      }
    } finally {
      // A connection that hangs does not say goodbye: it is not waited for.
      void client.end().catch(() => {});
    }
  };
  const pause = (ms: number) => wait(ms, undefined, { signal: stop.signal }).catch(() => {});
  const followAlways = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await follow().catch((error: unknown) => {
        if (!failing) log.error({ err: error }, 'revocations cannot be read');
        failing = true;
      });
      await pause(RECONNECT_AFTER);
    }
  };

  await read((ask) => pool.query<InForce>(ask));
  const following = followAlways();

  return {
    fresh: () => clock() - readAt <= FRESH,
    has: (kind, value) => known[kind].has(value),
    get agreements() {
      return known.agreement;
    },
    onRevoked: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    list: async ({ all }) => {
      const { rows } = await pool.query<Row>(
        `SELECT * FROM revocation WHERE $1 OR lifted_at IS NULL ORDER BY id DESC LIMIT 10000`,
        [all],
      );
      return rows.map(revocationOf);
    },
    revoke: async ({ kind, value }, { by, reason }, record = withoutRecord) => {
      const insert = `INSERT INTO revocation (kind, value, by, reason) VALUES ($1, $2, $3, $4)
        ON CONFLICT (kind, value) WHERE lifted_at IS NULL DO NOTHING RETURNING *`;
      const { revocation, committed } = await transaction(pool, async (client) => {
        const { rows } = await client.query<Row>(insert, [kind, value, by, reason]);
        const made = rows[0] && revocationOf(rows[0]);
        return made
          ? { revocation: made, committed: await record(client, made) }
          : { revocation: revocationOf(await inForce(client, kind, value)), committed: undefined };
      });
      committed?.();
      await read((ask) => pool.query<InForce>(ask));
      return { revocation, isNew: committed !== undefined };
    },
    lift: async (id, { by, reason }, record = withoutRecord) => {
      const update = `UPDATE revocation SET lifted_at = now(), lifted_by = $2, lifted_reason = $3
        WHERE id = $1 AND lifted_at IS NULL RETURNING *`;
      const lifted = await transaction(pool, async (client) => {
        const { rows } = await client.query<Row>(update, [id, by, reason]);
        const revocation = rows[0] && revocationOf(rows[0]);
        return revocation && { revocation, committed: await record(client, revocation) };
      });
      lifted?.committed();
      await read((ask) => pool.query<InForce>(ask));
      return lifted?.revocation;
    },
    refresh: () => read((ask) => pool.query<InForce>(ask)),
    close: async () => {
      stop.abort();
      await following;
    },
  };
}

/** Is anything revoked that this caller is, has, or came by? */
export function isRevoked(revocations: Pick<RevocationCheck, 'has'>, caller: Caller): boolean {
  const { agency, system, keyThumbprint, tokenId, confirmation } = caller;
  return (
    revocations.has('system', system) ||
    revocations.has('agency', agency) ||
    revocations.has('token', tokenId) ||
    revocations.has('key', keyThumbprint) ||
    (confirmation !== undefined &&
      Object.values(confirmation).some((thumbprint) => revocations.has('key', thumbprint)))
  );
}

async function inForce(client: Client, kind: RevocableKind, value: string): Promise<Row> {
  const { rows } = await client.query<Row>(
    'SELECT * FROM revocation WHERE kind = $1 AND value = $2 AND lifted_at IS NULL',
    [kind, value],
  );
  if (!rows[0]) throw new Error('the revocation was lifted at this moment');
  return rows[0];
}

function setsOf(list: readonly Revoked[]): Known {
  const sets = { agency: new Set<string>(), system: new Set<string>(), key: new Set<string>() };
  const known = { ...sets, token: new Set<string>(), agreement: new Set<string>() };
  for (const { kind, value } of list) known[kind].add(value);
  return known;
}

function revocationOf(row: Row): Revocation {
  const { id, kind, value, at, by, reason, lifted_at, lifted_by, lifted_reason } = row;
  return {
    ...{ id, kind, value, at: at.toISOString(), by, reason },
    ...(lifted_at && {
      lifted: { at: lifted_at.toISOString(), by: lifted_by ?? '', reason: lifted_reason ?? '' },
    }),
  };
}
