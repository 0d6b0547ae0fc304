/**
 * Step 1 of the event flow: the intake checks a provider's batch, and stores it whole or not at all; or, if the provider asks for
 * it, stores the valid changes and refuses the others.
 */
import type { Stream } from '../../catalog/catalog.ts';
import type { Units } from '../../catalog/fields/places.ts';
import { recorded, recordedAfter } from '../../evidence/append/append-in.ts';
import type { EvidenceEntry, EvidenceLog } from '../../evidence/evidence.ts';
import { orUnavailable } from '../../problems/store-unavailable.ts';
import type { Pool } from '../../store/pool.ts';
import type { PushedBatch } from '../change.ts';
import { type Appended, appendChanges, appendWhatFits, conflictOf } from './append.ts';
import { type CheckedBatch, checkBatch, checkEach } from './check.ts';
import type { Publisher } from './judge.ts';
import type { RefusedChange } from './refused-change.ts';

/** The stores of a batch and its evidence, and the list of units. */
export interface IntakeParts {
  readonly pool: Pool;
  readonly evidence: Pick<EvidenceLog, 'appendIn'>;
  /** Which communes belong to which provinces. */
  readonly units?: Units | undefined;
}

/** Makes the evidence of a partial publication, without the changes at these indexes. */
export type PublicationWithout = (refused: ReadonlySet<number>) => EvidenceEntry;

/** A batch that was stored whole. */
export interface TakenIn extends Appended {
  /** Checks that the contract only warns of, once for each change that breaks one; left out when there are none. */
  readonly warned?: readonly string[];
}

/** A batch of which the valid changes were stored. */
export interface PartlyTakenIn extends TakenIn {
  /** Indexes in the batch of changes that were stored before. */
  readonly repeated: readonly number[];
  readonly refused: readonly RefusedChange[];
}

/**
 * Resolves when the batch and the evidence of its publication are committed, in one transaction. From then on it reaches every
 * subscriber, even after a crash. Sending the same batch again is safe.
 * @throws Problem `contract_violation`, `change_conflict`, `store_unavailable`
 */
export async function takeIn(
  { pool, evidence, units }: IntakeParts,
  stream: Stream,
  batch: PushedBatch,
  publication: EvidenceEntry,
  publisher: Publisher = stream,
): Promise<TakenIn> {
  const checked = checkBatch(stream, batch, {
    units,
    scoped: publisher.inScope !== undefined,
    now: Date.now(),
  });
  const appended = await orUnavailable(() =>
    recorded(pool, evidence, [publication], (client) =>
      appendChanges(client, stream.registry, checked, publisher),
    ),
  );
  return { ...appended, ...warnings(checked) };
}

/**
 * The same, but a refused change refuses no other. All valid changes are stored, or none. A batch without a valid change leaves no
 * evidence of a publication.
 * @param skipped indexes of changes that are refused already
 * @throws Problem `store_unavailable`
 */
export async function takeInWhatFits(
  { pool, evidence, units }: IntakeParts,
  stream: Stream,
  batch: PushedBatch,
  skipped: ReadonlySet<number>,
  publicationWithout: PublicationWithout,
  publisher: Publisher,
): Promise<PartlyTakenIn> {
  const scoped = publisher.inScope !== undefined;
  const checked = checkEach(stream, batch, { units, scoped, now: Date.now() }, skipped);
  const { refused } = checked;
  if (checked.changes.length === 0) {
    return { ...{ accepted: 0, duplicates: 0, repeated: [] }, refused };
  }
  const fitted = await orUnavailable(() =>
    recordedAfter(
      pool,
      evidence,
      async (client) => {
        const { conflicts, ...fits } = await appendWhatFits(client, stream.registry, checked, publisher);
        const all = { ...fits, refused: [...refused, ...fits.refused, ...conflicts.map(conflictOf)] };
        if (fits.accepted + fits.duplicates === 0) throw new NothingRight(all.refused);
        return all;
      },
      (fits) => publicationWithout(new Set(fits.refused.map(({ index }) => index))),
    ).catch((error: unknown) => {
      if (error instanceof NothingRight) {
        return { ...{ accepted: 0, duplicates: 0, repeated: [] }, refused: error.refused };
      }
      throw error;
    }),
  );
  return { ...fitted, ...warnings(checked) };
}

function warnings({ warned }: CheckedBatch): Pick<TakenIn, 'warned'> {
  return warned.length > 0 ? { warned } : {};
}

/** Rolls the transaction back: the batch has no valid change. */
class NothingRight extends Error {
  readonly refused: readonly RefusedChange[];
  constructor(refused: readonly RefusedChange[]) {
    super('nothing of the batch is right');
    this.refused = refused;
  }
}
