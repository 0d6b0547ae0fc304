/**
 * Errors of the store are marked where they arise, on its connections (`client.ts`): a code (`ECONNRESET`) says what happened,
 * and not to whom. Whoever judges an error by its code asks for its origin first.
 */
import pg from 'pg';

const fromStore = new WeakSet<object>();
const whileConnecting = new WeakSet<object>();

/** Marks `error` as the store's. @returns it */
export function markStoreError<E>(error: E): E {
  if (typeof error === 'object' && error !== null) fromStore.add(error);
  return error;
}

/** Marks `error` as the store's, of a connection that could not be made. @returns it */
export function markConnectError<E>(error: E): E {
  if (typeof error === 'object' && error !== null) whileConnecting.add(error);
  return markStoreError(error);
}

/** Could the connection not be made? A statement may fail by the same code, which then says something else. */
export function isConnectError(error: object): boolean {
  return whileConnecting.has(error);
}

/** Did `error` arise on a connection to the store? */
export function isStoreError(error: unknown): error is Error {
  return error instanceof pg.DatabaseError || (error instanceof Error && fromStore.has(error));
}

/** SQLSTATE, or the code of Node's system error; `''` for an error of another origin. */
export function storeCodeOf(error: unknown): string {
  return isStoreError(error) && 'code' in error ? String(error.code) : '';
}
