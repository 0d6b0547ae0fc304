/**
 * Revocations: agencies, systems, keys, tokens and agreements that are refused, whatever the contracts and the tokens say.
 *
 * Each replica holds them in memory (`revocation-list.ts`), so that a look-up costs no query. A connection of its own gets
 * notifications of new ones, and asks twice a second in case a notification is lost. A replica that could not read the list
 * for two seconds is not `fresh`, and MUST refuse every call.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { StoreClient } from '../store/client.ts';
import { type Client, job, type Pool, transaction } from '../store/pool.ts';
import type { LogLines } from '../telemetry/log.ts';
import type { Caller } from './caller.ts';
import { type Ask, createRevocationList, type RevocableKind, type Revoked } from './revocation-list.ts';

export { type RevocableKind, type Revoked, revocableKinds } from './revocation-list.ts';

export interface Revocation extends Revoked {
  readonly id: number;
  /** RFC 3339. */
  readonly at: string;
  readonly by: string;
  readonly reason: string;
  readonly lifted?: { readonly at: string; readonly by: string; readonly reason: string };
}

/** The look-ups of the request path. */
export interface RevocationCheck {
  /** Were the revocations read within the last two seconds? */
  fresh(): boolean;
  has(kind: RevocableKind, value: string): boolean;
  /** Numbers of revoked agreements. */
  readonly agreements: ReadonlySet<string>;
  /** Calls `listener` with each revocation that this replica learns of from now on. @returns stops it */
  onRevoked(listener: (revoked: Revoked) => void): () => void;
}

/** Writes the record of a revocation, or of its lifting, into the transaction. @returns to be called after the commit */
export type RecordRevocation = (client: Client, revocation: Revocation) => Promise<() => void>;

const withoutRecord: RecordRevocation = async () => () => {};

/** A token that its own client revokes: the revocation ends with the token and is deleted; its evidence stays. */
interface OwnToken {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface Revocations extends RevocationCheck {
  /**
   * Operators' decisions in force; with `all`, also lifted ones. With `tokens`, instead of them the newest 10,000 unexpired
   * tokens that their own clients revoked: these are listed apart, so that they never hide a decision. Newest first.
   */
  list(options: { readonly all: boolean; readonly tokens?: boolean }): Promise<Revocation[]>;
  /**
   * MUST NOT resolve before the revocation is durable and in force here. `isNew` is false when it was in force before. An
   * operator's decision on a token that its own client revoked is new: the revocation is the operator's from then on, and
   * outlasts the token. A client's revocation never changes an operator's.
   * @param record called for a new one, in its transaction: if it fails there is no revocation either, and a repeated call
   *   makes both
   * @throws the error of the store or of `record`
   */
  revoke(
    revoked: Revoked,
    decision: { readonly by: string; readonly reason: string; readonly ownToken?: OwnToken },
    record?: RecordRevocation,
  ): Promise<{ readonly revocation: Revocation; readonly isNew: boolean }>;
  /**
   * @param record as above
   * @returns `undefined`: there is none of this id in force
   */
  lift(
    id: number,
    decision: { readonly by: string; readonly reason: string },
    record?: RecordRevocation,
  ): Promise<Revocation | undefined>;
  /** Reads new revocations now, when the event loop was too busy for the regular reading. @throws Error when the store is away */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

export interface RevocationsOptions {
  /** A direct or session-mode connection. */
  readonly databaseUrl: string;
  readonly pool: Pool;
  readonly log: LogLines;
  /** Milliseconds of a clock that never jumps. */
  readonly clock?: () => number;
}

const FRESH = 2000;
const ASK_EVERY = 500;
const CONNECT_TIMEOUT = 1000;
/** Milliseconds between two deletions of expired tokens, which keep the list short. */
const DELETE_EVERY = 10 * 60_000;
/** A revocation outlasts its token by this: the clock that judges the token may be behind PostgreSQL's. */
const CLOCK_MARGIN = 60_000;
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

// A client's revocation becomes the operator's; never the other way round. The triggers give the row a new revision, and a
// deletion that waits for the row then finds `by_client` false.
const REVOKE = `
  INSERT INTO revocation AS known (kind, value, by, reason, by_client, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6)
      ON CONFLICT (kind, value) WHERE lifted_at IS NULL DO UPDATE
     SET at = excluded.at, by = excluded.by, reason = excluded.reason, by_client = false,
         expires_at = greatest(known.expires_at, excluded.expires_at)
   WHERE known.by_client AND NOT excluded.by_client
  RETURNING *`;
// Operators decide by hand, so all of their decisions fit one list.
const LIST = `
  SELECT * FROM revocation WHERE NOT by_client AND ($1 OR lifted_at IS NULL) ORDER BY id DESC`;
const LIST_OWN_TOKENS = `
  SELECT * FROM revocation WHERE by_client AND expires_at > now() AND ($1 OR lifted_at IS NULL)
   ORDER BY id DESC LIMIT 10000`;

/** Reads the revocations once, and keeps them up to date. @throws Error when the store is away */
export async function openRevocations(options: RevocationsOptions): Promise<Revocations> {
  const { databaseUrl, pool, log, clock = () => performance.now() } = options;
  const listeners = new Set<(revoked: Revoked) => void>();
  const stop = new AbortController();
  let failing = false;

  const announce = (revoked: Revoked) => {
    for (const listener of listeners) {
      try {
        listener(revoked);
      } catch (error) {
        log.error({ err: error, kind: revoked.kind }, 'a revocation was not followed');
      }
    }
  };
  const list = createRevocationList({ clock, announce });
  const readNew = () => list.readNew((question) => pool.query(question));

  const follow = async (): Promise<void> => {
    const client: pg.Client = new StoreClient({
      connectionString: databaseUrl,
      application_name: 'lienthong revocations',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
    });
    const lost = Promise.withResolvers<void>();
    let notified = Promise.withResolvers<void>();
    client.on('error', () => lost.resolve());
    client.once('end', () => lost.resolve());
    client.on('notification', () => notified.resolve());
    try {
      await client.connect();
      await client.query('LISTEN revocations');
      const ask: Ask = (question) => client.query(question);
      // New revocations first, so that this replica is fresh again; then all, in case the lost connection led to a database
      // with another history.
      await list.readNew(ask);
      await list.readAll(ask);
      let ended = false;
      void lost.promise.then(() => {
        ended = true;
      });
      while (!ended && !stop.signal.aborted) {
        await list.readNew(ask);
        if (failing) log.info({}, 'revocations are read again');
        failing = false;
        await Promise.race([notified.promise, lost.promise, pause(ASK_EVERY)]);
        notified = Promise.withResolvers<void>();
      }
    } finally {
      // Not awaited: the end of a connection that hangs may never come.
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

  await list.readAll((question) => pool.query(question));
  const following = followAlways();
  const deleteEnded = () =>
    job(pool, 'DELETE FROM revocation WHERE by_client AND expires_at < now()').catch((error: unknown) =>
      log.warn({ err: error }, 'revocations of tokens that have ended cannot be deleted'),
    );
  let deleting = deleteEnded();
  const timer = setInterval(() => {
    deleting = deleteEnded();
  }, DELETE_EVERY).unref();

  return {
    fresh: () => clock() - list.readAt <= FRESH,
    has: (kind, value) => list.has(kind, value),
    get agreements() {
      return list.agreements;
    },
    onRevoked: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    list: async ({ all, tokens = false }) => {
      const { rows } = await pool.query<Row>(tokens ? LIST_OWN_TOKENS : LIST, [all]);
      return rows.map(revocationOf);
    },
    revoke: async ({ kind, value }, { by, reason, ownToken }, record = withoutRecord) => {
      const { revocation, committed } = await transaction(pool, async (client) => {
        const { rows } = await client.query<Row>(REVOKE, [
          ...[kind, value, by, reason, ownToken !== undefined],
          ownToken && new Date(ownToken.expiresAt + CLOCK_MARGIN),
        ]);
        const made = rows[0] && revocationOf(rows[0]);
        return made
          ? { revocation: made, committed: await record(client, made) }
          : { revocation: revocationOf(await inForce(client, kind, value)), committed: undefined };
      });
      committed?.();
      await readNew();
      return { revocation, isNew: committed !== undefined };
    },
    lift: async (id, { by, reason }, record = withoutRecord) => {
      const update = `UPDATE revocation SET lifted_at = now(), lifted_by = $2, lifted_reason = $3
        WHERE id = $1 AND lifted_at IS NULL RETURNING *`;
      const lifted = await transaction(pool, async (client) => {
        // Locks the version before the row, as `revoke` does: the other order could deadlock.
        await client.query('SELECT FROM revocation_version FOR UPDATE');
        const { rows } = await client.query<Row>(update, [id, by, reason]);
        const revocation = rows[0] && revocationOf(rows[0]);
        return revocation && { revocation, committed: await record(client, revocation) };
      });
      lifted?.committed();
      await readNew();
      return lifted?.revocation;
    },
    refresh: readNew,
    close: async () => {
      stop.abort();
      clearInterval(timer);
      await Promise.all([following, deleting]);
    },
  };
}

/** Is the caller's system, agency, token, or one of its keys revoked? */
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

function revocationOf(row: Row): Revocation {
  const { id, kind, value, at, by, reason, lifted_at, lifted_by, lifted_reason } = row;
  return {
    ...{ id, kind, value, at: at.toISOString(), by, reason },
    ...(lifted_at && {
      lifted: { at: lifted_at.toISOString(), by: lifted_by ?? '', reason: lifted_reason ?? '' },
    }),
  };
}
