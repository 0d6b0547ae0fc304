/** Which errors are an absence of PostgreSQL, and not the fault of a statement. */
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

/** Of Node's system errors. */
const FAILURES = [
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'],
  ...['ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH'],
];

/** Errors to which node-postgres gives no code. */
const WITHOUT_CODE = /Connection terminated|timeout exceeded when trying to connect/;

/** Is this error the store's absence? One that arose elsewhere never is, whatever its code (`origin.ts`). */
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
