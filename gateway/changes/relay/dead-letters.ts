/**
 * Dead letters: events that a destination refused for good. The stream goes on without them, and its `sequence` shows the gap.
 * A row only names the change: a replay can send it again for as long as the outbox keeps the change (`replay.ts`).
 */

import { bigintColumn, textColumn } from '../../store/columns.ts';
import { job, type Pool } from '../../store/pool.ts';

export interface DeadLetter {
  readonly sink: string;
  /** Topic, or subscription. */
  readonly destination: string;
  readonly agreement: string;
  readonly registry: string;
  readonly entity: string;
  readonly position: number;
  readonly sequence: number;
  readonly eventId: string;
  readonly version: number;
  /** A fixed word. */
  readonly reason: string;
}

/** Stores them in the caller's transaction, which also moves the cursor past them. A letter that is known already is renewed. */
export async function storeDeadLetters(
  client: Pick<Pool, 'query'>,
  letters: readonly DeadLetter[],
): Promise<void> {
  await client.query(
    `INSERT INTO dead_letter (sink, destination, agreement, registry, entity, position, sequence, event_id, version, reason)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::int8[],
                          $8::text[], $9::int8[], $10::text[])
     ON CONFLICT (sink, destination, sequence) DO UPDATE
     SET reason = excluded.reason, refused_at = now(), replayed_at = NULL`,
    [
      textColumn(letters.map((letter) => letter.sink)),
      textColumn(letters.map((letter) => letter.destination)),
      textColumn(letters.map((letter) => letter.agreement)),
      textColumn(letters.map((letter) => letter.registry)),
      textColumn(letters.map((letter) => letter.entity)),
      bigintColumn(letters.map((letter) => letter.position)),
      bigintColumn(letters.map((letter) => letter.sequence)),
      textColumn(letters.map((letter) => letter.eventId)),
      bigintColumn(letters.map((letter) => letter.version)),
      textColumn(letters.map((letter) => letter.reason)),
    ],
  );
}

/** Longer than the change itself, so that an operator can still explain a gap. */
const KEPT_DAYS = 90;

export async function pruneDeadLetters(pool: Pool): Promise<void> {
  await job(pool, `DELETE FROM dead_letter WHERE refused_at < now() - $1 * interval '1 day'`, [KEPT_DAYS]);
}

export interface ListedDeadLetter extends Omit<DeadLetter, 'position'> {
  readonly refusedAt: Date;
  /** When a replay took it back. */
  readonly replayedAt: Date | null;
}

/** Newest first; of one destination, if one is named. */
export async function listDeadLetters(
  pool: Pool,
  destination: string | undefined,
  limit: number,
): Promise<ListedDeadLetter[]> {
  const { rows } = await pool.query<ListedDeadLetter>(
    `SELECT sink, destination, agreement, registry, entity, sequence, event_id AS "eventId", version, reason,
            refused_at AS "refusedAt", replayed_at AS "replayedAt"
     FROM dead_letter WHERE $1::text IS NULL OR destination = $1
     ORDER BY refused_at DESC, sequence DESC LIMIT $2`,
    [destination ?? null, limit],
  );
  return rows;
}
