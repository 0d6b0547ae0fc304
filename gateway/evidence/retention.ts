/** Deletes evidence whose time is over: TCVN 14423:2026 asks for 1, 3, 6 or 12 months by the system's level. */
import { type Client, job, type Pool, transaction } from '../store/pool.ts';
import { JOB_LIMIT, within } from '../store/time-limits.ts';

const BATCH = 10_000;

/**
 * Deletes entries and refusal counts older than `months` (whole, at least 1), in short transactions. Each of them
 * declares the retention to the table's trigger, which otherwise refuses every DELETE and here checks each row's age.
 * Run it daily, on one replica or on all.
 * @returns how many entries were deleted
 * @throws RangeError for other months
 */
export async function deleteExpiredEvidence(pool: Pool, months = 12): Promise<number> {
  if (!Number.isInteger(months) || months < 1)
    throw new RangeError('retention is in whole months, at least 1');
  let deleted = 0;
  for (;;) {
    const deleteBatch = async (client: Client): Promise<number> => {
      await client.query("SELECT set_config('lienthong.evidence_retention_months', $1, true)", [
        String(months),
      ]);
      const { rowCount } = await client.query(
        within(
          JOB_LIMIT,
          `DELETE FROM evidence WHERE id = ANY (ARRAY(
             SELECT id FROM evidence WHERE at < now() - make_interval(months => $1)
              ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED))`,
          [months, BATCH],
        ),
      );
      return rowCount ?? 0;
    };
    const batch = await transaction(pool, deleteBatch, { statementLimit: JOB_LIMIT });
    deleted += batch;
    if (batch < BATCH) break;
  }
  await job(pool, 'DELETE FROM refusal_count WHERE minute < now() - make_interval(months => $1)', [months]);
  return deleted;
}
