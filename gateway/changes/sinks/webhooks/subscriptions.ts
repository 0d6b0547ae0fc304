/** Subscriptions in PostgreSQL (tables `subscription`, `webhook_cursor`). A change of one is committed with its evidence. */

import { recorded } from '../../../evidence/append/append-in.ts';
import type { EvidenceEntry, EvidenceLog } from '../../../evidence/evidence.ts';
import { Problem } from '../../../problems/problem.ts';
import { type Client, job, type Pool, transaction } from '../../../store/pool.ts';
import type {
  Subscription,
  SubscriptionEndReason,
  SubscriptionState,
  SubscriptionStatus,
} from './subscription.ts';

export interface NewSubscription
  extends Pick<
    Subscription,
    'id' | 'system' | 'agency' | 'agreement' | 'registry' | 'entities' | 'url' | 'granted'
  > {
  /** The first change: the next one to come, or the oldest that the outbox keeps. */
  readonly from: 'now' | 'oldest';
}

export interface Subscriptions {
  /** May its system make another? @throws Problem `subscriptions_exhausted`; PostgreSQL's absence */
  requireRoom(subscription: Pick<NewSubscription, 'system' | 'agreement'>, most: number): Promise<void>;
  /** @throws Problem `subscriptions_exhausted` when its system has `most` that have not ended */
  create(subscription: NewSubscription, most: number, evidence: EvidenceEntry): Promise<SubscriptionStatus>;
  /** The subscriptions of a system, ended ones too, newest first; at most 1,000. */
  list(system: string): Promise<SubscriptionStatus[]>;
  /** @returns `undefined` also when the subscription is another system's */
  find(id: string, system: string): Promise<SubscriptionStatus | undefined>;
  /**
   * When a subscription becomes active again, the retry time of a failing batch continues where it stopped.
   * @returns `false`: it had ended
   */
  change(
    id: string,
    to: { readonly state: SubscriptionState; readonly reason?: SubscriptionEndReason },
    evidence: EvidenceEntry,
  ): Promise<boolean>;
  /** Stores the present grants. */
  regrant(id: string, granted: Subscription['granted']): Promise<void>;
  /**
   * Holds a subscription until its grant comes back. One that is held already keeps its time.
   * @param until milliseconds since the epoch, by the clock that will be asked
   */
  hold(id: string, until: number): Promise<void>;
  /** Ends the hold. The retry time of a failing batch continues where it stopped. */
  resume(id: string): Promise<void>;
  /** Changes with every change of a subscription, on any replica. */
  version(): Promise<number>;
  /** All subscriptions that have not ended. */
  living(): Promise<Subscription[]>;
  /** Subscriptions that wait for their grant to come back. */
  held(): Promise<Pick<Subscription, 'id' | 'agreement' | 'heldUntil'>[]>;
  /** Deletes subscriptions that ended more than so many days ago. */
  prune(days: number): Promise<void>;
}

/** Any constant: the lock serialises the calls of one system that count towards the limit. */
const LIMIT_LOCK = 7_281_907;

const COLUMNS = `s.id, s.system, s.agency, s.agreement, s.registry, s.entities, s.url, s.granted, s.state, s.reason,
  s.held_until AS "heldUntil", s.created_at AS "createdAt"`;
const STATUS = `SELECT ${COLUMNS}, c.sequence, c.told_at AS "deliveredAt", c.failing_since AS "failingSince", c.attempts,
    c.retry_at AS "retryAt", c.failure,
    (SELECT count(*) FROM dead_letter d
     WHERE d.sink = 'webhook' AND d.destination = s.id::text AND d.replayed_at IS NULL) AS "deadLetters"
  FROM subscription s JOIN webhook_cursor c ON c.subscription = s.id`;

/** Moves the start of the failure by the time of the pause, in which no attempt was made. */
const GO_ON = `UPDATE webhook_cursor
  SET failing_since = failing_since + (to_timestamp($2::float8 / 1000) - retry_at),
      retry_at = to_timestamp($2::float8 / 1000)
  WHERE subscription = $1 AND retry_at < to_timestamp($2::float8 / 1000)`;

/** @param now milliseconds since the epoch, by the clock that deliveries are tried by */
export function openSubscriptions(
  pool: Pool,
  evidence: Pick<EvidenceLog, 'appendIn'>,
  now: () => number,
): Subscriptions {
  const select = async (client: Pick<Pool, 'query'>, where: string, values: readonly unknown[]) =>
    (await client.query<SubscriptionStatus>(`${STATUS} ${where}`, [...values])).rows;

  async function requireRoom(
    client: Pick<Pool, 'query'>,
    { system, agreement }: Pick<NewSubscription, 'system' | 'agreement'>,
    most: number,
  ): Promise<void> {
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*) FROM subscription WHERE system = $1 AND state <> 'ended'`,
      [system],
    );
    if (rows[0]!.count >= most) throw new Problem('subscriptions_exhausted', { agreement });
  }

  async function insert(client: Client, given: NewSubscription, most: number): Promise<SubscriptionStatus> {
    const { id, system, agency, agreement, registry, entities, url, granted, from } = given;
    await client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [LIMIT_LOCK, system]);
    await requireRoom(client, given, most);
    await client.query(
      `INSERT INTO subscription (id, system, agency, agreement, registry, entities, url, granted)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, system, agency, agreement, registry, entities, url, JSON.stringify(granted)],
    );
    const start = from === 'now' ? 'last' : 'pruned';
    await client.query(
      `INSERT INTO webhook_cursor (subscription, position, sequence, since_position, since_sequence)
       SELECT $1, ${start}, 0, ${start}, 0 FROM stream WHERE registry = $2`,
      [id, registry],
    );
    return (await select(client, 'WHERE s.id = $1', [id]))[0]!;
  }

  return {
    requireRoom: (given, most) => requireRoom(pool, given, most),
    create: (given, most, entry) =>
      recorded(pool, evidence, [entry], (client) => insert(client, given, most)),
    list: (system) => select(pool, 'WHERE s.system = $1 ORDER BY s.created_at DESC LIMIT 1000', [system]),
    find: async (id, system) => (await select(pool, 'WHERE s.id = $1 AND s.system = $2', [id, system]))[0],
    async change(id, { state, reason = null }, entry) {
      const ended = new Error('it has ended');
      try {
        await recorded(pool, evidence, [entry], async (client) => {
          const { rowCount } = await client.query(
            `UPDATE subscription SET state = $2, reason = $3, changed_at = now()
             WHERE id = $1 AND state <> 'ended'`,
            [id, state, reason],
          );
          // Rolls the evidence back too: the subscription had ended already.
          if (rowCount === 0) throw ended;
          if (state === 'active') await client.query(GO_ON, [id, now()]);
        });
        return true;
      } catch (error) {
        if (error === ended) return false;
        throw error;
      }
    },
    async regrant(id, granted) {
      await pool.query('UPDATE subscription SET granted = $2 WHERE id = $1', [id, JSON.stringify(granted)]);
    },
    async hold(id, until) {
      await pool.query(
        `UPDATE subscription SET held_until = to_timestamp($2::float8 / 1000) WHERE id = $1 AND held_until IS NULL`,
        [id, until],
      );
    },
    async resume(id) {
      await transaction(pool, async (client) => {
        await client.query('UPDATE subscription SET held_until = NULL WHERE id = $1', [id]);
        await client.query(GO_ON, [id, now()]);
      });
    },
    async version() {
      const { rows } = await pool.query<{ version: number }>('SELECT version FROM subscription_version');
      return rows[0]?.version ?? 0;
    },
    async living() {
      const text = `SELECT ${COLUMNS} FROM subscription s WHERE state <> 'ended' ORDER BY id`;
      return (await pool.query<Subscription>(text)).rows;
    },
    async held() {
      const { rows } = await pool.query<Pick<Subscription, 'id' | 'agreement' | 'heldUntil'>>(
        `SELECT id, agreement, held_until AS "heldUntil" FROM subscription
         WHERE held_until IS NOT NULL AND state <> 'ended' ORDER BY id`,
      );
      return rows;
    },
    async prune(days) {
      await job(
        pool,
        `DELETE FROM subscription WHERE state = 'ended' AND changed_at < now() - $1 * interval '1 day'`,
        [days],
      );
    },
  };
}
