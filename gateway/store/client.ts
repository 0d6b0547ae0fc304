/**
 * Connections to PostgreSQL, as node-postgres makes them, whose errors are marked as the store's (`origin.ts`) and whose
 * queries are limited in time.
 *
 * Promises and time limits are made here, because node-postgres makes both by `query.callback = () => …`. V8 takes a function
 * that is written right behind such an assignment for a method of a class, and allocates it among the old objects, where it
 * stays, with all that it refers to (rows, and the calls that wait for them), until the next full look at the heap.
 */
import pg from 'pg';
import { markConnectError, markStoreError } from './origin.ts';
import { QUERY_LIMIT, type Question } from './time-limits.ts';

type Callback = (error: Error | undefined, result?: unknown) => void;

/** A query of one's own: what node-postgres calls Submittable. Its `callback` is called once. */
interface Submittable {
  submit(connection: pg.Connection): void;
  callback: Callback;
}

/** No answer came in time. It may come yet, to nobody: the connection is not to be used again. */
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

/** A connection. `query` rejects with a marked error, be it {@link QueryTimeout}. */
export class StoreClient extends pg.Client {
  readonly #limit: number;

  constructor({ limit = QUERY_LIMIT, ...config }: ClientConfig = {}) {
    super(config);
    this.#limit = limit;
  }

  override connect(...given: unknown[]): never {
    return markingConnect(super.connect, this, given) as never;
  }

  /** As node-postgres has it: text, question or {@link Submittable}; values; a callback in the place of the promise. */
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
      const settle: Callback = (error, result) => (error ? reject(error) : resolve(result));
      ask.call(this, question, given[0], limited(settle, limit));
    });
    return answer.catch((error: Error) => {
      // Who asked is worth more than which socket answered.
      Error.captureStackTrace(error);
      throw error;
    }) as never;
  }
}

/** A pool of such connections, which marks that none could be made. */
export class StorePool extends pg.Pool {
  constructor(options: pg.PoolConfig & ClientConfig) {
    super({ ...options, Client: StoreClient });
  }

  override connect(...given: unknown[]): never {
    return markingConnect(super.connect, this, given) as never;
  }
}

/** `callback`, called once: with what comes first, the answer or the end of the time. */
function limited(callback: Callback, limit: number): Callback {
  let over = false;
  const settle: Callback = (error, result) => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    callback(error && markStoreError(error), result);
  };
  const timer = setTimeout(() => settle(new QueryTimeout()), limit);
  return settle;
}

/** node-postgres takes a callback as the last argument, or gives a promise: marks the error of either. */
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
