/**
 * Stores a page of a registry's journal, and its cursor, in one transaction: whether or not a crash causes a second reading, every
 * change is in the outbox once.
 *
 * A poller reads states. The gateway derives the operation and the changed fields from the state before, if the outbox still has
 * it; otherwise every field may have changed (`intake/judge.ts`).
 */
import type { ChangesPage, JournalChange } from '../../../adapters/adapter.ts';
import type { Stream } from '../../catalog/catalog.ts';
import { Problem } from '../../problems/problem.ts';
import { type Client, type Pool, transaction } from '../../store/pool.ts';
import { LOCK_LIMIT } from '../../store/time-limits.ts';
import type { PushedChange } from '../change.ts';
import { appendWhatFits } from '../intake/append.ts';
import { checkBatch, checkEach } from '../intake/check.ts';
import { type RefusedPolledChange, refuse, resolveRefusals } from './refused.ts';

export interface TakenPage {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: readonly RefusedPolledChange[];
  /** Checks that the contract only warns of, once for each change that breaks one. */
  readonly warned: readonly string[];
}

/** A poller reads states as the registry has recorded them. */
const POLLED = { identity: 'state', read: true } as const;

/** @param move moves the cursor in the transaction; if it throws, nothing is stored */
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
    await resolveRefusals(
      client,
      stream.registry,
      sound.filter(({ entity, subject }) => !conflicts.has(`${entity}\0${subject}`)),
    );
    return { accepted: taken.accepted, duplicates: taken.duplicates, warned: taken.warned, refused };
  };
  return transaction(pool, take, { statementLimit: LOCK_LIMIT });
}

/** Separates the changes that satisfy the registry's contract from those that do not. */
function sort(stream: Stream, changes: readonly JournalChange[]) {
  const sound: JournalChange[] = [];
  const broken: RefusedPolledChange[] = [];
  for (const change of changes) {
    const pointers = violatedPointers(stream, pushed(change));
    if (pointers === undefined) sound.push(change);
    else broken.push(refusalOf(change, 'contract_violation', pointers));
  }
  return { sound, broken };
}

function violatedPointers(stream: Stream, change: PushedChange): string[] | undefined {
  try {
    checkBatch(stream, { changes: [change] }, POLLED);
    return undefined;
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'contract_violation') throw error;
    return (error.members.errors ?? []).map(({ pointer = '' }) => pointer.replace(/^\/changes\/0/, ''));
  }
}

async function append(client: Client, stream: Stream, changes: readonly JournalChange[]) {
  if (changes.length === 0) return { accepted: 0, duplicates: 0, conflicts: [], warned: [] };
  const batch = checkEach(stream, { changes: changes.map(pushed) }, POLLED);
  const { accepted, duplicates, conflicts } = await appendWhatFits(client, stream.registry, batch);
  return {
    ...{ accepted, duplicates, warned: batch.warned },
    conflicts: [...batch.refused, ...conflicts].map(({ index }) =>
      refusalOf(changes[index]!, 'change_conflict', []),
    ),
  };
}

/** The change in the form of a push. `intake/judge.ts` finds the changed fields when it is stored. */
function pushed({ isNew, ...change }: JournalChange): PushedChange {
  return { ...change, operation: isNew ? 'created' : 'updated', changedFields: [] };
}

function refusalOf(
  { entity, subject, version }: JournalChange,
  reason: RefusedPolledChange['reason'],
  places: readonly string[],
): RefusedPolledChange {
  return { entity, subject, version, reference: undefined, reason, places };
}
