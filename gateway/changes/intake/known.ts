/**
 * Reads the newest known states of the subjects of a batch, in one query. Without the lock of the registry's row in `stream` they
 * may be outdated when the batch is stored, so `append.ts` compares `seen`.
 */

import { bigintColumn, byteaColumn, textColumn } from '../../store/columns.ts';
import type { Client } from '../../store/pool.ts';
import type { CheckedChange } from './check.ts';

/** The known state of a subject. `judge` updates it with each change of a batch. */
export interface KnownSubject {
  /** The row version that was read. `undefined`: known from the batch alone. */
  readonly seen: string | undefined;
  readonly version: number;
  /** It is known from a list only, and older changes of it may be new (`copies/known-subjects.ts`). */
  readonly listed: boolean;
  readonly deleted: boolean;
  /** Only publishers with a scope have published it so far. */
  readonly claimed: boolean;
  /** The batch has corrected this claim: its stored changes no longer count. */
  readonly corrected: boolean;
  /** Its dimensions as JSON, or those before it was deleted. `null`: not known. */
  readonly place: string | null;
  /** Its canonical JSON; `null`: deleted, no longer in the outbox, listed only, or not needed (`sameState`). */
  readonly data: string | null;
  /** The digest of its state is that of the only change of it in the batch: nothing differs. */
  readonly sameState: boolean;
}

interface Row extends KnownSubject {
  readonly entity: string;
  readonly subject: string;
}

export const keyOf = (entity: string, subject: string): string => `${entity}\0${subject}`;

// LATERAL forces one look-up a row: the plan of a join would depend on when the table was last analysed.
const KNOWN = `
-- A state is read for what is newer and another: it may be long.
SELECT s.entity, s.subject, h.*
FROM unnest($2::text[], $3::text[], $4::int8[], $5::bytea[]) AS s (entity, subject, version, state_digest)
CROSS JOIN LATERAL (
  SELECT head.xmin::text AS seen, CASE WHEN version < 0 THEN -1 - version ELSE version END AS version,
    version < 0 AS listed, version >= 0 AND dimensions IS NULL AS deleted, claimed, false AS corrected,
    coalesce(dimensions, last_dimensions)::text AS place, coalesce(head.state_digest = s.state_digest, false) AS "sameState",
    CASE WHEN s.version > head.version AND head.state_digest IS DISTINCT FROM s.state_digest THEN
      (SELECT c.data::text FROM change c
       WHERE c.registry = $1 AND c.entity = s.entity AND c.subject = s.subject AND c.version = head.version
         AND c.stands)
    END AS data
  FROM subject_head head
  WHERE head.registry = $1 AND head.entity = s.entity COLLATE "C" AND head.subject = s.subject COLLATE "C"
  LIMIT 1
) h`;

interface Asked {
  readonly entity: string;
  readonly subject: string;
  /** The greatest of the batch. */
  readonly version: number;
  /** `null`: the batch has several changes of it. */
  readonly stateDigest: string | null;
}

/** @returns by `keyOf` */
export async function readKnown(
  client: Client,
  registry: string,
  changes: readonly CheckedChange[],
): Promise<Map<string, KnownSubject>> {
  const asked = new Map<string, Asked>();
  for (const { entity, subject, version, stateDigest } of changes) {
    const key = keyOf(entity, subject);
    const other = asked.get(key);
    asked.set(
      key,
      other
        ? { ...other, version: Math.max(version, other.version), stateDigest: null }
        : { entity, subject, version, stateDigest },
    );
  }
  const { rows } = await client.query<Row>({
    name: 'changes-known',
    text: KNOWN,
    values: [
      registry,
      textColumn([...asked.values()].map(({ entity }) => entity)),
      textColumn([...asked.values()].map(({ subject }) => subject)),
      bigintColumn([...asked.values()].map(({ version }) => version)),
      byteaColumn([...asked.values()].map(({ stateDigest }) => stateDigest)),
    ],
  });
  return new Map(rows.map((row) => [keyOf(row.entity, row.subject), row]));
}

const STORED = `
SELECT s.ordinal::int4
FROM unnest($2::text[], $3::text[], $4::int8[], $5::bytea[]) WITH ORDINALITY
  AS s (entity, subject, version, digest, ordinal)
WHERE EXISTS (
  SELECT FROM change c
  WHERE c.registry = $1 AND c.entity = s.entity COLLATE "C" AND c.subject = s.subject COLLATE "C"
    AND c.version = s.version AND c.stands AND c.digest = s.digest
)`;

/**
 * Finds the changes that are stored already with the same content, so that sending a batch again is safe even when the record has
 * moved since. A publisher that knows the whole content learns nothing from the answer.
 * @returns their indexes in the batch
 */
export async function readStored(
  client: Client,
  registry: string,
  changes: readonly CheckedChange[],
): Promise<Set<number>> {
  if (changes.length === 0) return new Set();
  const { rows } = await client.query<{ ordinal: number }>(STORED, [
    registry,
    textColumn(changes.map(({ entity }) => entity)),
    textColumn(changes.map(({ subject }) => subject)),
    bigintColumn(changes.map(({ version }) => version)),
    byteaColumn(changes.map(({ digest }) => digest)),
  ]);
  return new Set(rows.map(({ ordinal }) => changes[ordinal - 1]!.index));
}
