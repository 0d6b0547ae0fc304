/**
 * Errors of the store are marked where they arise, on its connections: a code (`ECONNRESET`) says what happened, and not to
 * whom. Whoever judges an error by its code asks for its origin first.
 */
import pg from 'pg';

const fromStore = new WeakSet<object>();

/** Marks `error` as the store's. @returns it */
export function markStoreError<E>(error: E): E {
  if (typeof error === 'object' && error !== null) fromStore.add(error);
  return error;
}

/** Did `error` arise on a connection to the store? */
export function isStoreError(error: unknown): error is Error {
  return error instanceof pg.DatabaseError || (error instanceof Error && fromStore.has(error));
}

/** SQLSTATE, or the code of Node's system error; `''` for an error of another origin. */
export function storeCodeOf(error: unknown): string {
  return isStoreError(error) && 'code' in error ? String(error.code) : '';
}

/** node-postgres takes a callback as the last argument, or gives a promise: marks the error of either. */
function marking(method: (...given: never[]) => unknown, self: object, given: unknown[]): unknown {
  const last = given.at(-1);
  if (typeof last === 'function') {
    given[given.length - 1] = (error: unknown, ...rest: unknown[]) => last(markStoreError(error), ...rest);
  }
  const result: unknown = Reflect.apply(method, self, given);
  if (!(result instanceof Promise)) return result;
  return result.catch((error: unknown) => {
    throw markStoreError(error);
  });
}

/** A connection whose errors are marked. A query of one's own (`Submittable`) marks its own. */
export class StoreClient extends pg.Client {
  override connect(...given: unknown[]): never {
    return marking(super.connect, this, given) as never;
  }

  override query(...given: unknown[]): never {
    return marking(super.query, this, given) as never;
  }
}

/** A pool of such connections, which marks that none could be made. */
export class StorePool extends pg.Pool {
  constructor(options: pg.PoolConfig) {
    super({ ...options, Client: StoreClient });
  }

  override connect(...given: unknown[]): never {
    return marking(super.connect, this, given) as never;
  }
}
