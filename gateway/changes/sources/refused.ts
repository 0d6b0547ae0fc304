/** Changes that a poller read and had to refuse. They are kept with a reason for the registry's owner, and the poller goes on. */
import type { EntryRefusal, RefusedEntry } from '../../../adapters/adapter.ts';
import { bigintColumn, textColumn } from '../../store/columns.ts';
import { type Client, job, type Pool } from '../../store/pool.ts';

const KEPT_DAYS = 90;
const MOST_PLACES = 20;

/** The adapter's reasons, and the gateway's own. */
export type Refusal = EntryRefusal | 'contract_violation' | 'change_conflict';

const refusals: Readonly<Record<Refusal, true>> = {
  change_conflict: true,
  contract_violation: true,
  entry_malformed: true,
  malformed: true,
  state_behind_journal: true,
  unreadable: true,
};

export const pollRefusals: readonly string[] = Object.keys(refusals);

export interface RefusedChange extends Omit<RefusedEntry, 'reason'> {
  readonly reason: Refusal;
}

/** In the caller's transaction. A change that is refused again is counted. */
export async function refuse(
  client: Client,
  registry: string,
  changes: readonly RefusedChange[],
): Promise<void> {
  for (const { entity, subject, version, reference, reason, places } of changes) {
    await client.query(
      `INSERT INTO refused_change AS r (registry, entity, subject, version, reference, reason, places)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT ON CONSTRAINT refused_change_identity
       DO UPDATE SET last_at = clock_timestamp(), times = r.times + 1, settled_at = NULL, places = excluded.places`,
      [registry, entity, subject, version, reference, reason, places.slice(0, MOST_PLACES)],
    );
  }
}

interface TakenState {
  readonly entity: string;
  readonly subject: string;
  readonly version: number;
}

/** In the caller's transaction: a stored state resolves the refusals of its own and of older versions. */
export async function resolveRefusals(
  client: Client,
  registry: string,
  taken: readonly TakenState[],
): Promise<void> {
  if (taken.length === 0) return;
  await client.query(
    `UPDATE refused_change r SET settled_at = clock_timestamp()
     FROM unnest($2::text[], $3::text[], $4::int8[]) AS t (entity, subject, version)
     WHERE r.registry = $1 AND r.entity = t.entity AND r.subject = t.subject
       AND coalesce(r.version, t.version) <= t.version AND r.settled_at IS NULL`,
    [
      registry,
      textColumn(taken.map(({ entity }) => entity)),
      textColumn(taken.map(({ subject }) => subject)),
      bigintColumn(taken.map(({ version }) => version)),
    ],
  );
}

/** Removes refusals that did not recur for long. */
export async function pruneRefused(pool: Pool): Promise<void> {
  await job(
    pool,
    `DELETE FROM refused_change WHERE last_at < clock_timestamp() - make_interval(days => $1)`,
    [KEPT_DAYS],
  );
}
