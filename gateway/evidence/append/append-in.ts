/**
 * Evidence within another room's transaction: of a publication, with the changes that it stores; of a write, with its
 * outcome. One COPY on the transaction's own connection.
 *
 * No evidence, no change: an entry that PostgreSQL refuses ends the transaction.
 */
import { Problem } from '../../problems/problem.ts';
import { QueryTimeout } from '../../store/client.ts';
import { type Client, type Pool, transaction } from '../../store/pool.ts';
import type { Secrets } from '../../store/secrets.ts';
import { LOCK_LIMIT } from '../../store/time-limits.ts';
import { isStoreUnavailable } from '../../store/unavailable.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { EvidenceEntry, EvidenceLog } from '../evidence.ts';
import { CopyBuffer } from './copy-format.ts';
import { copyIn } from './copy-in.ts';
import { storeFieldSet } from './field-sets.ts';
import { COPY_EVIDENCE, writeRow } from './row.ts';

/** As for a connection of its own (`group-connection.ts`), but for this transaction alone. */
const TRANSACTION = 'SET LOCAL synchronous_commit = on';

export interface AppendInParts {
  readonly secrets: Secrets;
  readonly metrics: Metrics;
  /** Digests of the field sets that committed transactions have stored. */
  readonly storedFieldSets: Set<string>;
}

/** @returns counts the entries; to be called after the commit */
export async function appendIn(
  client: Client,
  entries: readonly EvidenceEntry[],
  { secrets, metrics, storedFieldSets }: AppendInParts,
): Promise<() => void> {
  const rows = new CopyBuffer();
  for (const entry of entries) writeRow(rows, entry, secrets, Date.now());
  await client.query(TRANSACTION);
  for (const { fields } of entries) {
    if (fields && !storedFieldSets.has(fields.digest)) await storeFieldSet(client, fields.digest, fields);
  }
  await copyIn(client, COPY_EVIDENCE, rows.file());
  return () => {
    for (const { kind, fields } of entries) {
      metrics.evidenceEntries.inc({ kind });
      if (fields) storedFieldSets.add(fields.digest);
    }
  };
}

/** Is the whole store away, and not only the evidence table locked (57014, 55P03) or read-only (25006)? */
const isStoreAway = (cause: unknown): boolean =>
  isStoreUnavailable(cause) &&
  !(cause instanceof Error && 'code' in cause && /^(57014|55P03|25006)$/.test(String(cause.code))) &&
  !(cause instanceof QueryTimeout);

/**
 * Runs `work` in one transaction with its evidence, which is written first: `work` may end by taking a lock.
 * @throws Problem `evidence_unavailable`, the error of `work`, or the store's error when it is away
 */
export async function recorded<T>(
  pool: Pool,
  evidence: Pick<EvidenceLog, 'appendIn'>,
  entries: readonly EvidenceEntry[],
  work: (client: Client) => Promise<T>,
): Promise<T> {
  let count = () => {};
  const write = async (client: Client) => {
    count = await append(client, evidence, entries);
    return work(client);
  };
  const result = await transaction(pool, write, { statementLimit: LOCK_LIMIT });
  count();
  return result;
}

/**
 * The same for evidence that depends on the result of `work`: it is written after `work`, which holds its locks a little
 * longer.
 * @param entryOf the evidence of the result
 */
export async function recordedAfter<T>(
  pool: Pool,
  evidence: Pick<EvidenceLog, 'appendIn'>,
  work: (client: Client) => Promise<T>,
  entryOf: (result: T) => EvidenceEntry,
): Promise<T> {
  let count = () => {};
  const write = async (client: Client) => {
    const result = await work(client);
    count = await append(client, evidence, [entryOf(result)]);
    return result;
  };
  const result = await transaction(pool, write, { statementLimit: LOCK_LIMIT });
  count();
  return result;
}

/** @throws Problem `evidence_unavailable`, or the store's error when it is away */
async function append(
  client: Client,
  evidence: Pick<EvidenceLog, 'appendIn'>,
  entries: readonly EvidenceEntry[],
): Promise<() => void> {
  try {
    return await evidence.appendIn(client, entries);
  } catch (cause) {
    throw isStoreAway(cause) ? cause : new Problem('evidence_unavailable', { retryAfter: 1, cause });
  }
}
