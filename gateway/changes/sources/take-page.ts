/**
 * Stores a page of a registry's journal, and its cursor, in one transaction: after a crash the page is read again or it
 * is not, and in both cases every change is in the outbox once.
 *
 * A poller reads states. The operation and what changed are made up from the state before, when the outbox still has
 * it; when it has not, every field may have changed. Both are decided while the registry's row in `stream` is locked:
 * a push that came in between would make the difference a lie.
 */
import type { ChangesPage, JournalChange } from '../../../adapters/adapter.ts';
import type { Stream, StreamEntity } from '../../catalog/catalog.ts';
import { Problem } from '../../errors.ts';
import { type Client, type Pool, transaction } from '../../store/pool.ts';
import { LOCK_LIMIT } from '../../store/time-limits.ts';
import { appendWhatFits, lockStream } from '../append.ts';
import type { PushedChange } from '../change.ts';
import { checkBatch } from '../check.ts';
import { textColumn } from '../columns.ts';
import { allFields, changedFields } from './changed-fields.ts';
import { type RefusedChange, refuse, settle } from './refused.ts';

export interface TakenPage {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: readonly RefusedChange[];
}

/** @param move moves the cursor in the transaction, or throws: then nothing is stored */
export async function takePage(
  pool: Pool,
  stream: Stream,
  page: ChangesPage,
  move: (client: Client) => Promise<void>,
): Promise<TakenPage> {
  const { sound, broken } = sort(stream, page.changes);
  const take = async (client: Client): Promise<TakenPage> => {
    await move(client);
    const taken = await append(client, stream, sound);
    const refused = [...page.refused, ...broken, ...taken.conflicts];
    await refuse(client, stream.registry, refused);
    const conflicts = new Set(taken.conflicts.map(({ entity, subject }) => `${entity}\0${subject}`));
    await settle(
      client,
      stream.registry,
      sound.filter(({ entity, subject }) => !conflicts.has(`${entity}\0${subject}`)),
    );
    return { accepted: taken.accepted, duplicates: taken.duplicates, refused };
  };
  return transaction(pool, take, { statementLimit: LOCK_LIMIT });
}

/** Those that keep the registry's contract, and refusals of those that do not. */
function sort(stream: Stream, changes: readonly JournalChange[]) {
  const sound: JournalChange[] = [];
  const broken: RefusedChange[] = [];
  for (const change of changes) {
    const entity = stream.entities.get(change.entity);
    const places = placesBroken(stream, pushed(change, entity, undefined));
    if (places === undefined) sound.push(change);
    else broken.push(refusalOf(change, 'contract_violation', places));
  }
  return { sound, broken };
}

function placesBroken(stream: Stream, change: PushedChange): string[] | undefined {
  try {
    checkBatch(stream, { changes: [change] }, 'state');
    return undefined;
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'contract_violation') throw error;
    return (error.members.errors ?? []).map(({ pointer = '' }) => pointer.replace(/^\/changes\/0/, ''));
  }
}

async function append(client: Client, stream: Stream, changes: readonly JournalChange[]) {
  const { registry, entities } = stream;
  if (changes.length === 0) return { accepted: 0, duplicates: 0, conflicts: [] };
  await lockStream(client, registry);
  const heads = await readHeads(client, registry, changes);
  const batch = changes.map((change) =>
    pushed(change, entities.get(change.entity), heads.get(`${change.entity}\0${change.subject}`)),
  );
  const { conflicts, ...stored } = await appendWhatFits(
    client,
    registry,
    checkBatch(stream, { changes: batch }, 'state'),
  );
  return {
    ...stored,
    conflicts: conflicts.map(({ index }) => refusalOf(changes[index]!, 'change_conflict', [])),
  };
}

/** The newest state that the gateway knows of a subject. */
interface Head {
  readonly entity: string;
  readonly subject: string;
  readonly deleted: boolean;
  /** Canonical JSON; null: deleted, or no longer in the outbox. */
  readonly data: string | null;
}

async function readHeads(
  client: Client,
  registry: string,
  changes: readonly JournalChange[],
): Promise<ReadonlyMap<string, Head>> {
  const { rows } = await client.query<Head>(
    `SELECT h.entity, h.subject, h.dimensions IS NULL AS deleted, c.data::text
     FROM unnest($2::text[], $3::text[]) AS s (entity, subject)
     JOIN subject_head h ON h.registry = $1 AND h.entity = s.entity AND h.subject = s.subject
     LEFT JOIN change c
       ON c.registry = $1 AND c.entity = h.entity AND c.subject = h.subject AND c.version = h.version`,
    [
      registry,
      textColumn(changes.map(({ entity }) => entity)),
      textColumn(changes.map(({ subject }) => subject)),
    ],
  );
  return new Map(rows.map((head) => [`${head.entity}\0${head.subject}`, head]));
}

/** The change as its provider might have pushed it. */
function pushed(
  { isNew, entity: name, ...change }: JournalChange,
  entity: StreamEntity | undefined,
  head: Head | undefined,
): PushedChange {
  if (isNew || head?.deleted) return { ...change, entity: name, operation: 'created', changedFields: [] };
  const fields = () => {
    if (!entity) return [];
    return head?.data ? changedFields(entity, JSON.parse(head.data), change.data) : allFields(entity);
  };
  return { ...change, entity: name, operation: 'updated', changedFields: fields() };
}

function refusalOf(
  { entity, subject, version }: JournalChange,
  reason: RefusedChange['reason'],
  places: readonly string[],
): RefusedChange {
  return { entity, subject, version, reference: undefined, reason, places };
}
