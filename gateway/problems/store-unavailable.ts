/** An absence of PostgreSQL, as the caller of a request hears of it. */
import { isStoreUnavailable } from '../store/unavailable.ts';
import { Problem } from './problem.ts';

/** Seconds after which a caller may come again. */
const RETRY_AFTER = 1;

/** @returns Problem `store_unavailable` of an error that is the store's absence; any other error as it is */
export function storeAbsence(error: unknown, retryAfter = RETRY_AFTER): unknown {
  return isStoreUnavailable(error) ? new Problem('store_unavailable', { retryAfter, cause: error }) : error;
}

/** Does `work`; without the store it is refused. @throws Problem `store_unavailable`, and what `work` throws */
export async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeAbsence(error);
  }
}
