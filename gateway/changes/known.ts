/**
 * The newest states that the gateway knows of the subjects of a batch, in one query. To be asked under the lock of the
 * registry's row in `stream`: nobody can store anything between the answer and the commit.
 */
import type { Client } from '../store/pool.ts';
import type { Dimensions } from './change.ts';
import type { CheckedChange } from './check.ts';
import { textColumn } from './columns.ts';

/** What is known of a subject. Grows with each change of a batch. */
export interface KnownSubject {
  readonly version: number;
  /** It is known from a list only, and older changes of it may be new (`copies/known-subjects.ts`). */
  readonly listed: boolean;
  readonly deleted: boolean;
  /** Where it is, or was before it was deleted; `undefined`: not known. */
  readonly place: Dimensions | undefined;
  /** Its canonical JSON; `null`: deleted, no longer in the outbox, or listed only. */
  readonly data: string | null;
}

interface Row {
  readonly entity: string;
  readonly subject: string;
  readonly version: number;
  readonly dimensions: Dimensions | null;
  readonly was: Dimensions | null;
  readonly data: string | null;
}

export const keyOf = (entity: string, subject: string): string => `${entity}\0${subject}`;

// A row by row look-up: what the planner makes of a join depends on when the table was last analysed.
const KNOWN = `
SELECT s.entity, s.subject, h.version, h.dimensions, h.last_dimensions AS was, h.data
FROM unnest($2::text[], $3::text[]) AS s (entity, subject)
CROSS JOIN LATERAL (
  SELECT version, dimensions, last_dimensions,
    (SELECT c.data::text FROM change c
     WHERE c.registry = $1 AND c.entity = s.entity AND c.subject = s.subject AND c.version = head.version) AS data
  FROM subject_head head
  WHERE head.registry = $1 AND head.entity = s.entity COLLATE "C" AND head.subject = s.subject COLLATE "C"
  LIMIT 1
) h`;

/** @returns by `keyOf` */
export async function readKnown(
  client: Client,
  registry: string,
  changes: readonly CheckedChange[],
): Promise<Map<string, KnownSubject>> {
  const asked = new Map(changes.map((change) => [keyOf(change.entity, change.subject), change]));
  const { rows } = await client.query<Row>({
    name: 'changes-known',
    text: KNOWN,
    values: [
      registry,
      textColumn([...asked.values()].map(({ entity }) => entity)),
      textColumn([...asked.values()].map(({ subject }) => subject)),
    ],
  });
  return new Map(rows.map((row) => [keyOf(row.entity, row.subject), knownOf(row)]));
}

function knownOf({ version, dimensions, was, data }: Row): KnownSubject {
  return {
    version: version < 0 ? -1 - version : version,
    listed: version < 0,
    deleted: version >= 0 && dimensions === null,
    place: dimensions ?? was ?? undefined,
    data,
  };
}
