/** Step 1 of the event flow: a provider's batch is checked whole, and stored whole or not at all. */
import type { Stream } from '../catalog/catalog.ts';
import { Problem } from '../errors.ts';
import { isStoreUnavailable, type Pool, transaction } from '../store/pool.ts';
import { type Appended, appendChanges } from './append.ts';
import type { PushedBatch } from './change.ts';
import { checkBatch } from './check.ts';

/**
 * Resolves when the batch is committed: from then on it reaches every subscriber, whatever crashes.
 * Sending the same batch again is safe.
 * @throws Problem `contract_violation`, `change_conflict`, `store_unavailable`
 */
export async function takeIn(pool: Pool, stream: Stream, batch: PushedBatch): Promise<Appended> {
  const checked = checkBatch(stream, batch);
  try {
    return await transaction(pool, (client) => appendChanges(client, stream.registry, checked));
  } catch (error) {
    if (isStoreUnavailable(error)) throw new Problem('store_unavailable', { retryAfter: 1, cause: error });
    throw error;
  }
}
