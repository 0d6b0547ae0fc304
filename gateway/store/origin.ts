/**
 * Marks errors of the store where they arise, on its connections (`client.ts`): a code (`ECONNRESET`) does not say which
 * connection failed. Code that evaluates an error's code checks its origin first.
 */
import pg from 'pg';

const fromStore = new WeakSet<object>();
const whileConnecting = new WeakSet<object>();

/** Marks `error` as the store's. @returns `error` */
export function markStoreError<E>(error: E): E {
  if (typeof error === 'object' && error !== null) fromStore.add(error);
  return error;
}

/** Marks `error` as the store's, from a failed attempt to connect. @returns `error` */
export function markConnectError<E>(error: E): E {
  if (typeof error === 'object' && error !== null) whileConnecting.add(error);
  return markStoreError(error);
}

/** Did the attempt to connect fail? With a statement, the same code has another meaning. */
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
