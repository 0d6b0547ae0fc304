/** Stores the changes that a poller has refused, with the reason, for the registry's owner. The poller continues after them. */
import type { EntryRefusal, RefusedEntry } from '../../../adapters/adapter.ts';
import { bigintColumn, textColumn } from '../../store/columns.ts';
import { type Client, job, type Pool } from '../../store/pool.ts';

const KEPT_DAYS = 90;
const MOST_PLACES = 20;

/** The reason of a refusal: the adapter's reasons, and the gateway's own. */
type PollRefusal = EntryRefusal | 'contract_violation' | 'change_conflict';

const refusals: Readonly<Record<PollRefusal, true>> = {
  change_conflict: true,
  contract_violation: true,
  entry_malformed: true,
  malformed: true,
  state_behind_journal: true,
  unreadable: true,
};

export const pollRefusals: readonly string[] = Object.keys(refusals);

/** A change that a poller has refused. (A refused change of a pushed batch is a `RefusedChange`: `intake/refused-change.ts`.) */
export interface RefusedPolledChange extends Omit<RefusedEntry, 'reason'> {
  readonly reason: PollRefusal;
}

/** Stores refusals, in the caller's transaction. A repeated refusal increments the count of its row. */
export async function refuse(
  client: Client,
  registry: string,
  changes: readonly RefusedPolledChange[],
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

/** Resolves, in the caller's transaction, the refusals of the versions up to a stored one. */
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

/** Deletes refusals that have not recurred for `KEPT_DAYS`. */
export async function pruneRefused(pool: Pool): Promise<void> {
  await job(
    pool,
    `DELETE FROM refused_change WHERE last_at < clock_timestamp() - make_interval(days => $1)`,
    [KEPT_DAYS],
  );
}
