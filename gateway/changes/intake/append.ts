/**
 * Stores changes in the outbox, with gapless positions in the order of commits. No other file does.
 *
 * `appendChanges` MUST be the last statement of its transaction before COMMIT: it locks the registry's row in `stream`, for which
 * all other writers of that registry wait. A transaction MUST NOT wait for any network but PostgreSQL's between it and COMMIT.
 * (Statements that depend on its verdicts may follow `appendWhatFits`.)
 */

import type { Violation } from '../../problems/problem.ts';
import { bigintColumn, booleanColumn, byteaColumn, textColumn } from '../../store/columns.ts';
import type { Client, Pool } from '../../store/pool.ts';
import { LOCK_LIMIT, within } from '../../store/time-limits.ts';
import { type CheckedBatch, type CheckedChange, conflictAt } from './check.ts';
import { type JudgedChange, judge, type Publisher } from './judge.ts';
import { readKnown, readStored } from './known.ts';
import { type RefusedChange, throwRefusals } from './refused-change.ts';

export interface Appended {
  /** Stored now, superseded ones too. */
  readonly accepted: number;
  /** Stored before with the same content; not stored again. */
  readonly duplicates: number;
}

export interface Fitted extends Appended {
  /** Indexes in the batch of the changes that are counted as duplicates. */
  readonly repeated: readonly number[];
  /** Stored before with other content; not stored. */
  readonly conflicts: readonly CheckedChange[];
  /** Changes that the publisher may not make to the known states (`judge.ts`); not stored. */
  readonly refused: readonly RefusedChange[];
}

/** Makes the rows of registries that have none. */
export async function ensureStreams(pool: Pool, registries: readonly string[]): Promise<void> {
  await pool.query('INSERT INTO stream (registry) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [
    registries,
  ]);
}

// A version that is in the outbox, or is the head of its subject, is a duplicate or a conflict, by its content. A version below the
// head is superseded. (After pruning it may be an unrecognised duplicate: it is stored and not relayed, which does no harm.) Every
// other version is new; its state before comes from the batch or from the head. A head below 0 belongs to a record that was only
// listed (`known-subjects.ts`), and does not supersede older changes.
//
// Two contents are equal when their digests are. The digest of a polled change is the digest of its state: it equals the
// state_digest of another change with the same state, whatever the other content of that change. (The digests of two pushed changes never
// match in this way, because their inputs begin with other bytes.) A head without state_digest is older than that column.
//
// When a claim is corrected, its head and its changes no longer count.
//
// Nothing is stored when the head of a subject has another row version (`xmin`) than the one that `judge` saw.
const APPEND = `
WITH incoming AS (
  SELECT entity COLLATE "C", subject COLLATE "C", version, operation, occurred_at, changed_fields, data,
         digest, state_digest, dimensions, late, last_dimensions, seen, claim, corrects, ordinal
  FROM unnest($3::text[], $4::text[], $5::int8[], $6::text[], $7::text[], $8::text[], $9::text[],
                       $10::bytea[], $11::bytea[], $12::text[], $13::bool[], $14::text[], $15::text[],
                       $16::bool[], $17::bool[])
    WITH ORDINALITY AS t (entity, subject, version, operation, occurred_at, changed_fields, data,
                          digest, state_digest, dimensions, late, last_dimensions, seen, claim, corrects, ordinal)
), judged AS (
  SELECT i.*, head.seen IS DISTINCT FROM i.seen AS stale,
    CASE WHEN head.version >= 0 OR i.version >= -1 - head.version THEN head.dimensions END AS head_dimensions,
    CASE
      WHEN i.corrects THEN CASE WHEN i.late THEN 'superseded' ELSE 'new' END
      WHEN head.version = i.version AND (head.digest IN (i.digest, i.state_digest)
          OR coalesce(head.state_digest, i.state_digest) = i.digest)
        OR same.digest IN (i.digest, i.state_digest) OR same.state_digest = i.digest THEN 'duplicate'
      WHEN head.version = i.version OR same.digest IS NOT NULL THEN 'conflict'
      WHEN i.late OR head.version > i.version THEN 'superseded'
      ELSE 'new'
    END AS verdict
  FROM incoming i
  LEFT JOIN LATERAL (
    SELECT version, digest, state_digest, dimensions, h.xmin::text AS seen FROM subject_head h
    WHERE h.registry = $1 AND h.entity = i.entity AND h.subject = i.subject
    LIMIT 1
  ) head ON true
  LEFT JOIN LATERAL (
    SELECT digest, state_digest FROM change c
    WHERE c.registry = $1 AND c.entity = i.entity AND c.subject = i.subject AND c.version = i.version
      AND c.stands AND head.version > i.version
    LIMIT 1
  ) same ON true
), kept AS (
  SELECT *, $2::int8 + row_number() OVER (ORDER BY ordinal) AS position,
    CASE
      WHEN verdict <> 'new' THEN NULL
      WHEN row_number() OVER subjects = 1 THEN head_dimensions::text
      ELSE lag(dimensions) OVER subjects
    END AS dimensions_before,
    verdict = 'new' AND lead(ordinal) OVER subjects IS NULL AS newest
  FROM judged
  WHERE verdict IN ('new', 'superseded') AND NOT EXISTS (SELECT FROM judged WHERE stale)
  WINDOW subjects AS (PARTITION BY entity, subject, verdict ORDER BY ordinal)
), stored AS (
  INSERT INTO change (registry, position, entity, subject, version, operation, occurred_at, changed_fields, data,
                      size, digest, state_digest, superseded, dimensions_before, dimensions_after)
  SELECT $1, position, entity, subject, version, operation, occurred_at, changed_fields::json, data::json,
         coalesce(octet_length(data), 0), digest, state_digest, verdict = 'superseded',
         dimensions_before::json, dimensions::json
  FROM kept ORDER BY ordinal
), heads AS (
  INSERT INTO subject_head AS h (registry, entity, subject, version, digest, state_digest, dimensions, last_dimensions,
                                 claimed)
  SELECT $1, entity, subject, version, digest, state_digest, dimensions::json, last_dimensions::json, claim
  FROM kept WHERE newest
  ON CONFLICT (registry, entity, subject) DO UPDATE
  SET version = excluded.version, digest = excluded.digest, state_digest = excluded.state_digest,
      dimensions = excluded.dimensions, last_dimensions = excluded.last_dimensions, claimed = excluded.claimed
), counted AS (
  SELECT count(*) AS accepted FROM kept
), moved AS (
  UPDATE stream SET last = last + accepted FROM counted WHERE registry = $1 AND accepted > 0
)
SELECT accepted, EXISTS (SELECT FROM judged WHERE stale) AS stale,
       (SELECT array_agg(ordinal::int4) FROM judged WHERE verdict = 'duplicate') AS duplicates,
       (SELECT array_agg(ordinal::int4) FROM judged WHERE verdict = 'conflict') AS conflicts,
       CASE WHEN accepted > 0 THEN pg_notify('changes_' || $1, ($2::int8 + accepted)::text) END AS notified
FROM counted`;

// Changes that were relayed already stay relayed; the others reach nobody, and true changes may use their versions.
const RETRACT = `
UPDATE change c SET stands = NULL, superseded = true
FROM (SELECT DISTINCT * FROM unnest($2::text[], $3::text[])) AS s (entity, subject)
WHERE c.registry = $1 AND c.entity = s.entity COLLATE "C" AND c.subject = s.subject COLLATE "C" AND c.stands`;

interface AppendResult {
  accepted: number;
  /** A subject has moved since the batch was judged: nothing was stored. */
  stale: boolean;
  duplicates: number[] | null;
  conflicts: number[] | null;
}

/**
 * Stores a batch in the caller's transaction, in the order of the batch. Its COMMIT notifies the readers of the registry
 * (channel `changes_{registry}`, with the new last position).
 * @param publisher `undefined`: the changes were read from the registry itself
 * @throws Problem `contract_violation`, `change_conflict`, naming the changes; the transaction must then be rolled back
 */
export async function appendChanges(
  client: Client,
  registry: string,
  batch: CheckedBatch,
  publisher?: Publisher,
): Promise<Appended> {
  const { accepted, duplicates, conflicts, refused } = await appendWhatFits(
    client,
    registry,
    batch,
    publisher,
  );
  throwRefusals(refused);
  throwRefusals(conflicts.map(conflictOf));
  return { accepted, duplicates };
}

export function conflictOf({ index }: Pick<CheckedChange, 'index'>): RefusedChange {
  return { index, code: 'change_conflict', errors: [conflictAt(index)] };
}

/** The same, but conflicts and refusals do not keep the other changes from being stored. */
export async function appendWhatFits(
  client: Client,
  registry: string,
  { changes, repeated }: CheckedBatch,
  publisher?: Publisher,
): Promise<Fitted> {
  const judgeNow = async () => {
    const judgement = judge(changes, await readKnown(client, registry, changes), publisher);
    return { ...judgement, columns: columnsOf(judgement.judged) };
  };
  // First without the lock, for which all publishers of the registry wait. Under the lock once more when a subject has moved
  // meanwhile, and before any refusal.
  let judgement = await judgeNow();
  const last = await lockStream(client, registry);
  const store = async (): Promise<AppendResult> => {
    await retractClaims(client, registry, judgement.judged);
    const { rows } = await client.query<AppendResult>(
      within(LOCK_LIMIT, APPEND, [registry, last, ...judgement.columns]),
    );
    return rows[0]!;
  };
  // A correction is judged under the lock only: it must retract the very changes that were judged.
  const isSettled = judgement.refused.length === 0 && !judgement.judged.some(({ corrects }) => corrects);
  let result = isSettled ? await store() : undefined;
  if (!result || result.stale) {
    judgement = await judgeNow();
    result = await store();
  }
  const { judged } = judgement;
  const { accepted, duplicates, conflicts, stale } = result;
  if (stale) throw new Error(`subjects of registry ${registry} moved under its lock`);
  const stored = await readStored(client, registry, changesOf(judgement.refused, changes));
  const those = (ordinals: number[] | null) => (ordinals ?? []).map((ordinal) => judged[ordinal - 1]!.change);
  const refused = judgement.refused.filter(({ index }) => !stored.has(index));
  const conflicting = those(conflicts);
  const again = [...stored, ...those(duplicates).map(({ index }) => index)];
  for (const { index, of } of repeated) {
    const refusal = refused.find((one) => one.index === of);
    if (refusal)
      refused.push({ ...refusal, index, errors: refusal.errors.map((error) => moved(error, of, index)) });
    else if (conflicting.some((one) => one.index === of)) refused.push(conflictOf({ index }));
    else again.push(index);
  }
  return { accepted, duplicates: again.length, repeated: again, conflicts: conflicting, refused };
}

async function retractClaims(
  client: Client,
  registry: string,
  judged: readonly JudgedChange[],
): Promise<void> {
  const subjects = judged.flatMap(({ corrects, change }) => (corrects ? [change] : []));
  if (subjects.length === 0) return;
  const columns = [
    textColumn(subjects.map(({ entity }) => entity)),
    textColumn(subjects.map(({ subject }) => subject)),
  ];
  await client.query(within(LOCK_LIMIT, RETRACT, [registry, ...columns]));
}

/** Only changes with a state: a caller could guess a deletion, and the answer "duplicate" would reveal that the record existed. */
function changesOf(refused: readonly RefusedChange[], changes: readonly CheckedChange[]): CheckedChange[] {
  const indexes = new Set(refused.map(({ index }) => index));
  return indexes.size === 0 ? [] : changes.filter(({ index, data }) => indexes.has(index) && data !== null);
}

/** The same violation, at another index of the batch. */
function moved(violation: Violation, from: number, to: number): Violation {
  const { pointer } = violation;
  return pointer === undefined
    ? violation
    : { ...violation, pointer: pointer.replace(`/changes/${from}`, `/changes/${to}`) };
}

function columnsOf(judged: readonly JudgedChange[]): Buffer[] {
  const changes = judged.map(({ change }) => change);
  return [
    textColumn(changes.map(({ entity }) => entity)),
    textColumn(changes.map(({ subject }) => subject)),
    bigintColumn(changes.map(({ version }) => version)),
    textColumn(judged.map(({ operation }) => operation)),
    textColumn(changes.map(({ occurredAt }) => occurredAt)),
    textColumn(judged.map(({ change, changedFields }) => fieldsOf(change, changedFields))),
    textColumn(changes.map(({ data }) => data)),
    byteaColumn(changes.map(({ digest }) => digest)),
    byteaColumn(changes.map(({ stateDigest }) => stateDigest)),
    textColumn(changes.map(({ dimensions }) => dimensions)),
    booleanColumn(judged.map(({ late }) => late)),
    textColumn(judged.map(({ lastPlace }) => lastPlace)),
    textColumn(judged.map(({ seen }) => seen ?? null)),
    booleanColumn(judged.map(({ claim }) => claim)),
    booleanColumn(judged.map(({ corrects }) => corrects)),
  ];
}

function fieldsOf({ named, changedFields }: CheckedChange, effective: readonly string[]): string {
  return effective === named ? changedFields : JSON.stringify(effective);
}

/**
 * Locks the registry's row in `stream`. Waits no longer than the transaction's `statementLimit`. A statement of its own, because
 * the next one must see the rows that were committed meanwhile. @returns the last position
 */
export async function lockStream(client: Client, registry: string): Promise<number> {
  const { rows } = await client.query<{ last: number }>(
    within(LOCK_LIMIT, 'SELECT last FROM stream WHERE registry = $1 FOR UPDATE', [registry]),
  );
  if (!rows[0]) throw new Error(`registry ${registry} has no stream`);
  return rows[0].last;
}
