/**
 * Connections to PostgreSQL by node-postgres. Their errors are marked as the store's (`origin.ts`), and their
 * queries have a time limit.
 *
 * Promises and time limits are made here, because node-postgres makes both by `query.callback = () => …`. V8 takes a function
 * in such an assignment for a method of a class and allocates it in the old generation. It stays there until the next
 * major collection, with all that it refers to (rows, and the calls that wait for them).
 */
import pg from 'pg';
import { markConnectError, markStoreError } from './origin.ts';
import { QUERY_LIMIT, type Question } from './time-limits.ts';

type Callback = (error: Error | undefined, result?: unknown) => void;

/** A query object, in node-postgres' terms a Submittable. Its `callback` is called once. */
interface Submittable {
  submit(connection: pg.Connection): void;
  callback: Callback;
}

/** No answer came in time. A late answer finds no reader, so the connection must not be used again. */
export class QueryTimeout extends Error {
  override readonly name = 'QueryTimeout';

  constructor() {
    super('PostgreSQL did not answer in time');
  }
}

interface ClientConfig extends pg.ClientConfig {
  /** Milliseconds to wait for the answer to a query; `QUERY_LIMIT` by default. */
  readonly limit?: number;
}

/** A connection. `query` rejects with a marked error, also with {@link QueryTimeout}. */
export class StoreClient extends pg.Client {
  readonly #limit: number;

  constructor({ limit = QUERY_LIMIT, ...config }: ClientConfig = {}) {
    super(config);
    this.#limit = limit;
  }

  override connect(...given: unknown[]): never {
    return markingConnect(super.connect, this, given) as never;
  }

  /** The signature of node-postgres: text, question or {@link Submittable}; values; a callback in place of the promise. */
  override query(question: string | Question | Submittable, ...given: unknown[]): never {
    const ask = super.query as (...given: unknown[]) => unknown;
    if (typeof question === 'object' && 'submit' in question) {
      question.callback = limited(question.callback, this.#limit);
      return ask.call(this, question) as never;
    }
    const { limit = this.#limit } = typeof question === 'string' ? {} : question;
    const callback = given.at(-1);
    if (typeof callback === 'function') {
      given[given.length - 1] = limited(callback as Callback, limit);
      return ask.call(this, question, ...given) as never;
    }
    const answer = new Promise((resolve, reject) => {
      const finish: Callback = (error, result) => (error ? reject(error) : resolve(result));
      ask.call(this, question, given[0], limited(finish, limit));
    });
    return answer.catch((error: Error) => {
      // The caller's stack is more useful than the socket's.
      Error.captureStackTrace(error);
      throw error;
    }) as never;
  }
}

/** A pool of such connections, which marks failures to connect. */
export class StorePool extends pg.Pool {
  constructor(options: pg.PoolConfig & ClientConfig) {
    super({ ...options, Client: StoreClient });
  }

  override connect(...given: unknown[]): never {
    return markingConnect(super.connect, this, given) as never;
  }
}

/** Makes a callback that is called once, with the answer or the timeout, whichever comes first. */
function limited(callback: Callback, limit: number): Callback {
  let over = false;
  const finish: Callback = (error, result) => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    callback(error && markStoreError(error), result);
  };
  const timer = setTimeout(() => finish(new QueryTimeout()), limit);
  return finish;
}

/** Marks the error of node-postgres' `connect`, which takes a callback as its last argument or returns a promise. */
function markingConnect(connect: (...given: never[]) => unknown, self: object, given: unknown[]): unknown {
  const last = given.at(-1);
  if (typeof last === 'function') {
    given[given.length - 1] = (error: unknown, ...rest: unknown[]) =>
      last(error && markConnectError(error), ...rest);
  }
  const result: unknown = Reflect.apply(connect, self, given);
  if (!(result instanceof Promise)) return result;
  return result.catch((error: unknown) => {
    throw markConnectError(error);
  });
}
