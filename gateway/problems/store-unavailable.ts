import { isStoreUnavailable } from '../store/pool.ts';
import { Problem } from './problem.ts';

/** Does `work`; without the store it is refused. @throws Problem `store_unavailable`, and what `work` throws */
export async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isStoreUnavailable(error)) throw new Problem('store_unavailable', { retryAfter: 1, cause: error });
    throw error;
  }
}
