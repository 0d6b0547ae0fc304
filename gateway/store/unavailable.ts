/** Decides whether an error means that PostgreSQL is unavailable, rather than that a statement is wrong. */
import { QueryTimeout } from './client.ts';
import { isStoreError, storeCodeOf } from './origin.ts';

/** SQLSTATEs, by their beginnings. */
const STATES = [
  '08', // no connection
  '53', // no resources
  '57P0', // shutting down, crashed, starting up
  '25P03', // this process stood still, and its transaction was ended
  '57014', // not done in time
  '55P03', // a lock was not free in time
  '25006', // read-only
];

/** Codes of Node's system errors. */
const FAILURES = [
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'],
  ...['ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH'],
];

/** Messages of node-postgres' errors without a code. */
const WITHOUT_CODE = /Connection terminated|timeout exceeded when trying to connect/;

/** Does this error mean that the store is unavailable? An error of another origin never does, whatever its code (`origin.ts`). */
export function isStoreUnavailable(error: unknown): boolean {
  if (!isStoreError(error)) return false;
  const code = storeCodeOf(error);
  return (
    STATES.some((state) => code.startsWith(state)) ||
    FAILURES.includes(code) ||
    error instanceof QueryTimeout ||
    WITHOUT_CODE.test(error.message)
  );
}
