/** Step 1 of the event flow: a provider's batch is checked whole, and stored whole or not at all. */
import type { Stream } from '../catalog/catalog.ts';
import { Problem } from '../errors.ts';
import { recorded } from '../evidence/append-in.ts';
import type { EvidenceEntry, EvidenceLog } from '../evidence/evidence.ts';
import { isStoreUnavailable, type Pool } from '../store/pool.ts';
import { type Appended, appendChanges } from './append.ts';
import type { PushedBatch } from './change.ts';
import { checkBatch } from './check.ts';

/** Where a batch goes, with its evidence. */
export interface IntakeParts {
  readonly pool: Pool;
  readonly evidence: Pick<EvidenceLog, 'appendIn'>;
}

/**
 * Resolves when the batch and the evidence of its publication are committed, which they are together: from then on it
 * reaches every subscriber, whatever crashes. Sending the same batch again is safe.
 * @throws Problem `contract_violation`, `change_conflict`, `store_unavailable`
 */
export async function takeIn(
  { pool, evidence }: IntakeParts,
  stream: Stream,
  batch: PushedBatch,
  publication: EvidenceEntry,
): Promise<Appended> {
  const checked = checkBatch(stream, batch);
  try {
    return await recorded(pool, evidence, [publication], (client) =>
      appendChanges(client, stream.registry, checked),
    );
  } catch (error) {
    if (isStoreUnavailable(error)) throw new Problem('store_unavailable', { retryAfter: 1, cause: error });
    throw error;
  }
}
