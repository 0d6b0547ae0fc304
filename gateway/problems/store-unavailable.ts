/** The problem that a caller gets when PostgreSQL is unavailable. */
import { isStoreUnavailable } from '../store/unavailable.ts';
import { Problem } from './problem.ts';

/** Seconds until the caller should retry. */
const RETRY_AFTER = 1;

/** @returns Problem `store_unavailable` for an error that means the store is unavailable; any other error unchanged */
export function storeAbsence(error: unknown, retryAfter = RETRY_AFTER): unknown {
  return isStoreUnavailable(error) ? new Problem('store_unavailable', { retryAfter, cause: error }) : error;
}

/** Runs `work`. @throws Problem `store_unavailable` when the store is unavailable, and every other error of `work` */
export async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeAbsence(error);
  }
}
