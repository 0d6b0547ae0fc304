/** Connections to PostgreSQL: the only shared state of the gateway's replicas. */
import pg from 'pg';
import { isStoreError, StorePool, storeCodeOf } from './origin.ts';

export type Pool = pg.Pool;
export type Client = pg.PoolClient;

/** A row's position or counter: PostgreSQL's bigint, which is below 2^53 wherever the gateway counts. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export interface PoolOptions {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  readonly max: number;
  /** An idle connection was lost; the pool opens another when it is needed. */
  readonly onIdleError: (error: Error) => void;
}

/** Opens a pool. `end()` closes it. No connection is made before the first query. */
export function openPool(options: PoolOptions): Pool {
  const pool = new StorePool({
    connectionString: options.url,
    application_name: options.name,
    max: options.max,
    connectionTimeoutMillis: 3000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
  });
  pool.on('error', options.onIdleError);
  return pool;
}

/**
 * A process that stands still in the middle of a transaction (stopped, swapped out, cut off) would keep its locks for as
 * long as its connection lives, which may be hours. PostgreSQL ends the transaction of one that is silent for so long.
 */
const BEGIN = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = '4s'`;

/**
 * Runs `work` in one transaction on one connection: committed when it resolves, rolled back when it throws.
 * A connection that failed is not given back to the pool. `work` must not wait for anything but this connection.
 */
export async function transaction<T>(pool: Pool, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // Between two queries nobody listens to the connection; without this, losing it ends the process.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query(BEGIN);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/**
 * Is this error the store's absence (connection refused, lost, shutting down), not a statement's fault? One that arose
 * elsewhere never is, whatever its code (`origin.ts`).
 */
export function isStoreUnavailable(error: unknown): boolean {
  if (!isStoreError(error)) return false;
  const code = storeCodeOf(error);
  // 25P03: this process stood still, and its transaction was ended.
  if (/^(08|57P0|53|25P03)/.test(code)) return true;
  if (
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'].includes(
      code,
    )
  ) {
    return true;
  }
  // node-postgres gives these no code.
  return /Connection terminated|timeout exceeded when trying to connect|Query read timeout/.test(
    error.message,
  );
}
