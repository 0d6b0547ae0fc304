/** The backlog of the slowest topic of each registry, for metrics and health, on any replica. */

import { textColumn } from '../../../../store/columns.ts';
import type { Pool } from '../../../../store/pool.ts';
import type { Backlog } from '../../../relay/sink.ts';
import type { Subscriber } from '../../../relay/subscriber.ts';

/** @param subscribers those that may receive events now */
export async function topicBacklogs(pool: Pool, subscribers: readonly Subscriber[]): Promise<Backlog[]> {
  const grants = subscribers.flatMap((subscriber) => subscriber.grants);
  const { rows } = await pool.query<Backlog>({
    name: 'changes-backlog',
    text: `WITH behind AS (
             SELECT s.registry, s.last, min(greatest(c.position, s.pruned)) AS position,
               percentile_disc(0.5) WITHIN GROUP (ORDER BY s.last - greatest(c.position, s.pruned))
                 FILTER (WHERE c.position IS NOT NULL) AS typical
             FROM unnest($1::text[], $2::text[], $3::text[]) AS g (agreement, registry, entity)
             JOIN stream s ON s.registry = g.registry
             LEFT JOIN relay_cursor c
               ON c.agreement = g.agreement AND c.registry = g.registry AND c.entity = g.entity
             GROUP BY s.registry, s.last
           )
           SELECT registry, greatest(last - position, 0) AS depth, greatest(typical, 0) AS typical,
             coalesce((SELECT greatest(extract(epoch FROM clock_timestamp() - recorded_at), 0)::float8 FROM change
                       WHERE registry = behind.registry AND position > behind.position
                       ORDER BY position LIMIT 1), 0) AS "oldestSeconds"
           FROM behind`,
    values: [
      textColumn(grants.map((grant) => grant.agreement.number)),
      textColumn(grants.map((grant) => grant.entity.registry)),
      textColumn(grants.map((grant) => grant.entity.name)),
    ],
  });
  return rows;
}
