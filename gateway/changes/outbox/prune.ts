/**
 * The outbox keeps changes for some days, however slow a sink is. A reader that is further behind notices: the feed answers 410,
 * and a Kafka subscriber sees a gap in `sequence`. The rows of `subject_head` stay.
 */
import { type Client, type Pool, transaction } from '../../store/pool.ts';
import { JOB_LIMIT, within } from '../../store/time-limits.ts';

const CHUNK = 5000;

/**
 * Removes the changes of a registry that are older than `days`, oldest first, one chunk in each transaction.
 * @returns how many
 */
export async function prune(pool: Pool, registry: string, days: number): Promise<number> {
  let removed = 0;
  for (;;) {
    const chunk = await pruneChunk(pool, registry, days);
    removed += chunk;
    if (chunk < CHUNK) return removed;
  }
}

async function pruneChunk(pool: Pool, registry: string, days: number): Promise<number> {
  const pruneOne = async (client: Client): Promise<number> => {
    // Only the changes before the first one that stays: no gap arises, even if the clock was set back once.
    const { rows } = await client.query<{ upto: number | null }>(
      within(
        JOB_LIMIT,
        `WITH oldest AS (
           SELECT position, recorded_at < clock_timestamp() - $2 * interval '1 day' AS old
           FROM change WHERE registry = $1 ORDER BY position LIMIT $3
         )
         SELECT max(position) AS upto FROM oldest
         WHERE position < coalesce((SELECT min(position) FROM oldest WHERE NOT old), 9223372036854775807)`,
        [registry, days, CHUNK],
      ),
    );
    const upto = rows[0]?.upto;
    if (upto === null || upto === undefined) return 0;
    const { rowCount } = await client.query(
      within(JOB_LIMIT, 'DELETE FROM change WHERE registry = $1 AND position <= $2', [registry, upto]),
    );
    await client.query('UPDATE stream SET pruned = greatest(pruned, $2) WHERE registry = $1', [
      registry,
      upto,
    ]);
    return rowCount ?? 0;
  };
  return transaction(pool, pruneOne, { statementLimit: JOB_LIMIT });
}
