/**
 * The table `write`. A write begins once for each Idempotency-Key of a system and service, and is settled once, by whichever
 * replica is first: the state leaves `pending` in one transaction with the evidence and the change.
 */
import { createHmac } from 'node:crypto';
import type { WriteOutcome } from '../../adapters/adapter.ts';
import { recorded } from '../evidence/append/append-in.ts';
import type { EvidenceEntry, EvidenceLog } from '../evidence/evidence.ts';
import { type Client, job, type Pool } from '../store/pool.ts';
import type { Secrets } from '../store/secrets.ts';
import { canonicalise } from '../wire/canonical-json.ts';
import type { Intent } from './intent.ts';
import { sealValue, unsealValue } from './sealed-value.ts';

/** Days that a settled write is kept, and its key recognised. */
const KEPT_DAYS = 7;

/** The stored write of a key. */
export type StoredWrite =
  | { readonly state: 'settled'; readonly outcome: WriteOutcome }
  /** `leased`: the first call still waits for the registry's answer. */
  | { readonly state: 'pending'; readonly leased: boolean }
  /** The key was used with another request. */
  | { readonly state: 'reused' };

/** A pending write whose lease ran out, now leased to this replica. */
export interface LeasedWrite {
  readonly intent: Intent;
  readonly asked: number;
}

/** A pending write that cannot be unsealed: another replica stored it under another master key. */
export interface UnreadableWrite {
  readonly id: string;
  readonly error: Error;
}

/** Another replica has settled the write, or released it. */
export class AlreadySettled extends Error {
  override readonly name = 'AlreadySettled';
}

export interface WriteStore {
  /** The write of a key; `undefined`: there is none, or none any more. */
  find(key: Key): Promise<StoredWrite | undefined>;
  /**
   * Commits the intent, its evidence and a lease.
   * @param lease milliseconds
   * @returns false when another call has taken the key meanwhile
   */
  begin(key: Key, intent: Intent, evidence: EvidenceEntry, lease: number): Promise<boolean>;
  /**
   * Commits the outcome with its evidence, and the rows that `last` stores.
   * @throws AlreadySettled
   */
  settle(
    intent: Intent,
    outcome: WriteOutcome,
    evidence: EvidenceEntry,
    last: (client: Client) => Promise<void>,
  ): Promise<void>;
  /** The settled outcome; `undefined` when the write was released. */
  outcomeOf(id: string): Promise<WriteOutcome | undefined>;
  /** Deletes an intent that changed nothing, with evidence of that: its key may be used again. @throws AlreadySettled */
  release(id: string, evidence: EvidenceEntry): Promise<void>;
  /** Makes the lease end in `ms` milliseconds; then any replica may take the write. */
  postpone(id: string, ms: number): Promise<void>;
  /** Leases up to `limit` writes whose leases ran out. */
  take(limit: number, lease: number): Promise<(LeasedWrite | UnreadableWrite)[]>;
  pending(): Promise<{ readonly count: number; readonly oldestSeconds: number }>;
  /** Deletes settled writes whose keys are no longer kept. */
  prune(): Promise<void>;
}

/** The digests under which the database stores a key and its request. */
export interface Key {
  readonly key: Buffer;
  readonly request: Buffer;
}

/** Computes the keyed digests of a key in its scope (system, service) and of its request. */
export function createKeys(secrets: Secrets) {
  const secret = secrets.derive('idempotency-keys');
  const hmac = (...parts: (string | Buffer)[]) => {
    const mac = createHmac('sha256', secret);
    for (const part of parts) mac.update(part);
    return mac.digest();
  };
  return (system: string, service: string, idempotencyKey: string, request: unknown): Key => {
    const key = hmac(JSON.stringify([system, service, idempotencyKey]));
    return { key, request: hmac(key, canonicalise(request)) };
  };
}

interface Row {
  readonly id: string;
  readonly request: Buffer;
  readonly state: 'pending' | 'applied' | 'rejected';
  readonly leased: boolean;
  readonly outcome: Buffer | null;
}

export function openWriteStore(
  pool: Pool,
  evidence: Pick<EvidenceLog, 'appendIn'>,
  secrets: Secrets,
): WriteStore {
  const secret = secrets.derive('writes');
  const outcomeIn = ({ id, outcome }: Pick<Row, 'id' | 'outcome'>) =>
    unsealValue(secret, id, 'outcome', outcome!) as WriteOutcome;

  return {
    async find({ key, request }) {
      const { rows } = await pool.query<Row>(
        `SELECT id, request, state, asked = 0 AND lease_until > clock_timestamp() AS leased, outcome FROM write
         WHERE key = $1 AND (state = 'pending' OR begun_at > clock_timestamp() - make_interval(days => $2))`,
        [key, KEPT_DAYS],
      );
      const [row] = rows;
      if (!row) return undefined;
      if (!row.request.equals(request)) return { state: 'reused' };
      if (row.state === 'pending') return { state: 'pending', leased: row.leased };
      return { state: 'settled', outcome: outcomeIn(row) };
    },

    async begin({ key, request }, intent, entry, lease) {
      const { id, asker } = intent;
      const sealed = sealValue(secret, id, 'intent', { asker, request: intent.request });
      try {
        await recorded(pool, evidence, [entry], async (client) => {
          await client.query(
            `DELETE FROM write WHERE key = $1 AND state <> 'pending'
               AND begun_at <= clock_timestamp() - make_interval(days => $2)`,
            [key, KEPT_DAYS],
          );
          const { rowCount } = await client.query(
            `INSERT INTO write (id, key, request, service, intent, lease_until)
             VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 ms') ON CONFLICT (key) DO NOTHING`,
            [id, key, request, asker.service, sealed, lease],
          );
          // Rolls the evidence back too: this intent does not exist.
          if (rowCount !== 1) throw new AlreadySettled();
        });
        return true;
      } catch (error) {
        if (error instanceof AlreadySettled) return false;
        throw error;
      }
    },

    async settle({ id }, outcome, entry, last) {
      const sealed = sealValue(secret, id, 'outcome', outcome);
      await recorded(pool, evidence, [entry], async (client) => {
        const { rowCount } = await client.query(
          `UPDATE write SET state = $2, outcome = $3, intent = NULL, settled_at = clock_timestamp()
           WHERE id = $1 AND state = 'pending'`,
          [id, outcome.state, sealed],
        );
        if (rowCount !== 1) throw new AlreadySettled();
        await last(client);
      });
    },

    async outcomeOf(id) {
      const { rows } = await pool.query<Row>(
        `SELECT id, outcome FROM write WHERE id = $1 AND outcome IS NOT NULL`,
        [id],
      );
      return rows[0] && outcomeIn(rows[0]);
    },

    async release(id, entry) {
      await recorded(pool, evidence, [entry], async (client) => {
        const { rowCount } = await client.query(`DELETE FROM write WHERE id = $1 AND state = 'pending'`, [
          id,
        ]);
        if (rowCount !== 1) throw new AlreadySettled();
      });
    },

    async postpone(id, ms) {
      await pool.query(
        `UPDATE write SET lease_until = clock_timestamp() + $2 * interval '1 ms' WHERE id = $1 AND state = 'pending'`,
        [id, ms],
      );
    },

    async take(limit, lease) {
      const { rows } = await pool.query<{ id: string; intent: Buffer; asked: number }>(
        `UPDATE write SET lease_until = clock_timestamp() + $2 * interval '1 ms', asked = asked + 1
         WHERE id = ANY (ARRAY(
           SELECT id FROM write WHERE state = 'pending' AND lease_until < clock_timestamp()
           ORDER BY lease_until LIMIT $1 FOR UPDATE SKIP LOCKED))
         RETURNING id, intent, asked`,
        [limit, lease],
      );
      return rows.map(({ id, intent, asked }) => {
        try {
          return {
            intent: { id, ...(unsealValue(secret, id, 'intent', intent) as Omit<Intent, 'id'>) },
            asked,
          };
        } catch (error) {
          return { id, error: error as Error };
        }
      });
    },

    async pending() {
      const { rows } = await pool.query<{ count: number; oldestSeconds: number }>(
        `SELECT count(*) AS count,
                coalesce(greatest(extract(epoch FROM clock_timestamp() - min(begun_at)), 0), 0)::float8 AS "oldestSeconds"
         FROM write WHERE state = 'pending'`,
      );
      return rows[0]!;
    },

    async prune() {
      await job(
        pool,
        `DELETE FROM write WHERE state <> 'pending' AND begun_at <= clock_timestamp() - make_interval(days => $1)`,
        [KEPT_DAYS],
      );
    },
  };
}
