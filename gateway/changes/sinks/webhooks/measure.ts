/** Measures the webhooks, on any replica. */

import type { Pool } from '../../../store/pool.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import type { Backlog } from '../../relay/sink.ts';

interface States {
  active: number;
  paused: number;
  failing: number;
  held: number;
}

/**
 * Counts the subscriptions by state, and measures the backlog of the slowest one that does not fail. The backlog of a dead
 * endpoint is its owner's concern, and is counted as `failing`.
 */
export async function measureWebhooks(
  pool: Pool,
  { webhookSubscriptions }: Pick<Metrics, 'webhookSubscriptions'>,
): Promise<Backlog[]> {
  const { rows: counts } = await pool.query<States>(
    `SELECT count(*) FILTER (WHERE held_until IS NULL AND state = 'active' AND failing_since IS NULL) AS active,
            count(*) FILTER (WHERE held_until IS NULL AND state = 'paused') AS paused,
            count(*) FILTER (WHERE held_until IS NULL AND state = 'active' AND failing_since IS NOT NULL) AS failing,
            count(*) FILTER (WHERE held_until IS NOT NULL) AS held
     FROM subscription s JOIN webhook_cursor c ON c.subscription = s.id WHERE state <> 'ended'`,
  );
  for (const [state, count] of Object.entries(counts[0]!)) webhookSubscriptions.set({ state }, count);
  const { rows } = await pool.query<Backlog>(
    `WITH behind AS (
       SELECT t.registry, t.last, coalesce(min(c.position), t.last) AS position
       FROM stream t
       LEFT JOIN subscription s ON s.registry = t.registry AND s.state = 'active' AND s.held_until IS NULL
       LEFT JOIN webhook_cursor c ON c.subscription = s.id AND c.failing_since IS NULL
       GROUP BY t.registry, t.last
     )
     SELECT registry, greatest(last - position, 0) AS depth,
       coalesce((SELECT greatest(extract(epoch FROM clock_timestamp() - recorded_at), 0)::float8 FROM change
                 WHERE registry = behind.registry AND position > behind.position
                 ORDER BY position LIMIT 1), 0) AS "oldestSeconds"
     FROM behind`,
  );
  return rows;
}
