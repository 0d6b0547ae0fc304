/**
 * The durable cursor in a registry's journal. Its row carries the epoch of the poller that may move it, like the relay's cursors
 * (`relay/cursors.ts`), and moves in the transaction that stores the page.
 */
import type { Client, Pool } from '../../store/pool.ts';
import { Fenced } from '../relay/fence.ts';

export interface PollCursor {
  /** The adapter's own; `undefined`: never read. */
  readonly cursor: string | undefined;
  /** Milliseconds since the epoch by the database's clock, which all replicas share. */
  readonly now: number;
}

/**
 * Takes the cursor over, and reads it anew: an operator may have set it back.
 * @throws Fenced when a later poller has it
 */
export async function takePollCursor(pool: Pool, registry: string, epoch: number): Promise<PollCursor> {
  const { rows } = await pool.query<{ cursor: string | null; now: number }>(
    `INSERT INTO poll_cursor AS c (registry, epoch) VALUES ($1, $2)
     ON CONFLICT (registry) DO UPDATE SET epoch = excluded.epoch WHERE c.epoch <= excluded.epoch
     RETURNING cursor, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`,
    [registry, epoch],
  );
  if (!rows[0]) throw new Fenced();
  return { cursor: rows[0].cursor ?? undefined, now: Math.floor(rows[0].now) };
}

export interface PollMove {
  readonly from: string | undefined;
  readonly to: string;
  /** Milliseconds since the epoch. */
  readonly readUpTo: number;
}

/**
 * Moves the cursor in the caller's transaction.
 * @throws Fenced when a later poller has it, or an operator set it meanwhile; the transaction must then be rolled back
 */
export async function movePollCursor(
  client: Client,
  registry: string,
  epoch: number,
  { from, to, readUpTo }: PollMove,
): Promise<void> {
  const { rowCount } = await client.query(
    `UPDATE poll_cursor SET cursor = $4, read_up_to = to_timestamp($5::float8 / 1000), polled_at = clock_timestamp()
     WHERE registry = $1 AND epoch = $2 AND cursor IS NOT DISTINCT FROM $3`,
    [registry, epoch, from ?? null, to, readUpTo],
  );
  if (rowCount !== 1) throw new Fenced();
}

export interface PollProgress {
  readonly registry: string;
  /** Seconds from the newest moment that was read to now; `undefined`: nothing was read yet. */
  readonly lagSeconds: number | undefined;
  /** Seconds since a page was stored. */
  readonly idleSeconds: number;
}

/** For every registry that was ever polled, on any replica. */
export async function pollProgress(pool: Pool): Promise<PollProgress[]> {
  const { rows } = await pool.query<{ registry: string; lag: number | null; idle: number }>(
    `SELECT registry, extract(epoch FROM clock_timestamp() - read_up_to)::float8 AS lag,
            extract(epoch FROM clock_timestamp() - polled_at)::float8 AS idle
     FROM poll_cursor`,
  );
  return rows.map(({ registry, lag, idle }) => ({
    registry,
    lagSeconds: lag ?? undefined,
    idleSeconds: idle,
  }));
}
