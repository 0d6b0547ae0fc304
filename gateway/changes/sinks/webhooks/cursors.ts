/** The cursor of each subscription, and how its last delivery failed (table `webhook_cursor`). */

import { bigintColumn, textColumn } from '../../../store/columns.ts';
import type { Pool } from '../../../store/pool.ts';
import { digestOfGrants } from '../../feed/feed-reader.ts';
import type { Cursor, CursorState, CursorStore } from '../../relay/cursors.ts';
import { Fenced } from '../../relay/fence.ts';

/** The failure of a subscription; without `since` it does not fail. */
export interface Failing {
  readonly epoch: number;
  /** Milliseconds since the epoch. */
  readonly since: number | undefined;
  readonly attempts: number;
}

export interface WebhookCursors extends CursorStore {
  /** The state that `take` found, kept up to date. */
  failing(subscription: string): Failing | undefined;
  /** Stores a failure and the time of the next attempt. @throws Fenced when a later leader has the cursor */
  postpone(subscription: string, failure: Postponement): Promise<void>;
}

export interface Postponement {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly retryAt: number;
  readonly attempts: number;
  /** Number of the last event of the delivery. */
  readonly until: number;
  /** A fixed word. */
  readonly failure: string;
}

interface Row {
  position: number;
  sequence: number;
  since: number | null;
  attempts: number;
  retry_at: number | null;
  failing_until: number | null;
}

const TAKE = `
UPDATE webhook_cursor SET
  epoch = $2,
  since_position = CASE WHEN grant_digest = $3 THEN since_position ELSE position END,
  since_sequence = CASE WHEN grant_digest = $3 THEN since_sequence ELSE sequence END,
  grant_digest = $3
WHERE subscription = $1 AND epoch <= $2
RETURNING position, sequence, attempts, failing_until,
          (extract(epoch FROM failing_since) * 1000)::float8 AS since,
          (extract(epoch FROM retry_at) * 1000)::float8 AS retry_at`;

export function createWebhookCursors(pool: Pool): WebhookCursors {
  const failings = new Map<string, Failing>();

  return {
    table: 'webhook_cursor',
    failing: (subscription) => failings.get(subscription),
    async take({ key, grants }, epoch) {
      const { rows } = await pool.query<Row>(TAKE, [key, epoch, digestOfGrants(grants)]);
      const [row] = rows;
      if (!row) {
        failings.delete(key);
        const { rowCount } = await pool.query('SELECT FROM webhook_cursor WHERE subscription = $1', [key]);
        if (rowCount) throw new Fenced();
        return undefined;
      }
      const { position, sequence, since, attempts, retry_at, failing_until } = row;
      failings.set(key, { epoch, since: since ?? undefined, attempts });
      const cursor: Cursor = {
        ...{ destination: key, position, sequence },
        notBefore: retry_at ?? undefined,
        until: failing_until ?? undefined,
      };
      return cursor;
    },
    async read(key) {
      const { rows } = await pool.query<CursorState>(
        `SELECT subscription AS destination, position, sequence, since_position AS "sincePosition",
                since_sequence AS "sinceSequence"
         FROM webhook_cursor WHERE subscription = $1`,
        [key],
      );
      return rows[0];
    },
    async rewind(client, key, { position, sequence }, epoch) {
      // The replay sends the failing batch too, and at once: its operator has presumably mended the cause.
      const { rowCount } = await client.query(
        `UPDATE webhook_cursor SET position = $2, sequence = $3, epoch = $4,
           failing_since = NULL, attempts = 0, retry_at = NULL, failing_until = NULL, failure = NULL
         WHERE subscription = $1 AND epoch <= $4 AND since_position <= $2 AND position >= $2`,
        [key, position, sequence, epoch],
      );
      if (rowCount === 1) return key;
      const later = 'SELECT FROM webhook_cursor WHERE subscription = $1 AND epoch > $2';
      if ((await client.query(later, [key, epoch])).rowCount) throw new Fenced();
      return undefined;
    },
    async move(client, moves, epoch) {
      const { rows } = await client.query<{ key: string }>({
        name: 'webhook-cursors-advance',
        text: `UPDATE webhook_cursor c
               SET position = m.position, sequence = m.sequence, told_at = now(),
                   failing_since = NULL, attempts = 0, retry_at = NULL, failing_until = NULL, failure = NULL
               FROM unnest($1::text[], $2::int8[], $3::int8[]) AS m (subscription, position, sequence)
               WHERE c.subscription = m.subscription::uuid AND c.epoch = $4
               RETURNING c.subscription::text AS key`,
        values: [
          textColumn(moves.map(({ subscriber }) => subscriber.key)),
          bigintColumn(moves.map(({ progress }) => progress.position)),
          bigintColumn(moves.map(({ progress }) => progress.sequence)),
          epoch,
        ],
      });
      for (const { key } of rows) failings.set(key, { epoch, since: undefined, attempts: 0 });
      return new Set(rows.map(({ key }) => key));
    },
    async postpone(subscription, { since, retryAt, attempts, until, failure }) {
      const epoch = failings.get(subscription)?.epoch;
      const { rowCount } = await pool.query(
        `UPDATE webhook_cursor
         SET failing_since = to_timestamp($3::float8 / 1000), retry_at = to_timestamp($4::float8 / 1000),
             attempts = $5, failing_until = $6, failure = $7
         WHERE subscription = $1 AND epoch = $2`,
        [subscription, epoch, since, retryAt, attempts, until, failure],
      );
      if (rowCount === 0) throw new Fenced();
      failings.set(subscription, { epoch: epoch!, since, attempts });
    },
  };
}
