/** Deletes evidence after its retention: TCVN 14423:2026 asks for 1, 3, 6 or 12 months by the system's level. */
import { type Client, type Pool, transaction } from '../store/pool.ts';
import { JOB_LIMIT, within } from '../store/time-limits.ts';

const BATCH = 10_000;

/**
 * Deletes entries and refusal counts older than `months` (whole, at least 1), in short transactions. It calls a function of the
 * tables' owner, because the gateway's own role may delete nothing there. That function never deletes entries younger than the
 * owner's own months (`evidence_retention`). Run it daily, on one replica or on all.
 * @returns the number of deleted entries
 * @throws RangeError for other months
 */
export async function deleteExpiredEvidence(pool: Pool, months = 12): Promise<number> {
  if (!Number.isInteger(months) || months < 1)
    throw new RangeError('retention is in whole months, at least 1');
  const deleteBatch = async (client: Client): Promise<number> => {
    const { rows } = await client.query<{ deleted: number }>(
      within(JOB_LIMIT, 'SELECT delete_expired_evidence($1, $2) AS deleted', [months, BATCH]),
    );
    return rows[0]!.deleted;
  };
  let deleted = 0;
  for (;;) {
    const batch = await transaction(pool, deleteBatch, { statementLimit: JOB_LIMIT });
    deleted += batch;
    if (batch < BATCH) return deleted;
  }
}
