/** Connections to PostgreSQL: the only shared state of the gateway's replicas. */
import pg from 'pg';
import { QueryTimeout, StorePool } from './client.ts';
import { CONNECTION_LIMIT, JOB_LIMIT, QUERY_LIMIT, STATEMENT_LIMIT, within } from './time-limits.ts';

export type Pool = pg.Pool;
export type Client = pg.PoolClient;

/** A row's position or counter: PostgreSQL's bigint, which is below 2^53 wherever the gateway counts. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export interface PoolOptions {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  readonly max: number;
  /** Milliseconds that PostgreSQL gives a statement, when it is not the usual limit. */
  readonly statementLimit?: number;
  /** An idle connection was lost; the pool opens another when it is needed. */
  readonly onIdleError: (error: Error) => void;
}

/**
 * What every statement here is written for, and PostgreSQL has by itself; a server, a database or a role may have other defaults.
 * Above READ COMMITTED whoever waited for the lock of a row is refused (40001), and node-postgres reads moments in ISO alone.
 */
const SESSION = "SET default_transaction_isolation = 'read committed'; SET DateStyle = ISO";

/** Opens a pool. `end()` closes it. No connection is made before the first query. */
export function openPool(options: PoolOptions): Pool {
  const { statementLimit = STATEMENT_LIMIT } = options;
  const pool = new StorePool({
    connectionString: options.url,
    application_name: options.name,
    max: options.max,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    connectionTimeoutMillis: CONNECTION_LIMIT,
    limit: QUERY_LIMIT - STATEMENT_LIMIT + statementLimit,
    // By a statement: poolers refuse parameters of the start-up packet that they do not know.
    onConnect: async (client) => {
      await client.query(`${SESSION}; SET statement_timeout = ${statementLimit}`);
    },
  });
  pool.on('error', options.onIdleError);
  return pool;
}

/**
 * A process that stands still in the middle of a transaction (stopped, swapped out, cut off) would keep its locks for as
 * long as its connection lives, which may be hours. PostgreSQL ends the transaction of one that is silent for so long.
 */
const BEGIN = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = '4s'`;

interface TransactionOptions {
  /** Milliseconds that PostgreSQL gives each statement; `STATEMENT_LIMIT` by default. */
  readonly statementLimit?: number;
}

/**
 * Runs `work` in one transaction on one connection: committed when it resolves, rolled back when it throws.
 * A connection that failed is not given back to the pool. `work` must not wait for anything but this connection.
 */
export async function transaction<T>(
  pool: Pool,
  work: (client: Client) => Promise<T>,
  { statementLimit }: TransactionOptions = {},
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // Between two queries nobody listens to the connection; without this, losing it ends the process.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query(
      statementLimit === undefined ? BEGIN : `${BEGIN}; SET LOCAL statement_timeout = ${statementLimit}`,
    );
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A server that does not answer is not asked once more: closing the connection ends the transaction.
    if (error instanceof QueryTimeout) broken = error;
    else {
      await client.query('ROLLBACK').catch((failure: Error) => {
        broken = failure;
      });
    }
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** Runs one statement that takes its time: it has `JOB_LIMIT`, and nobody waits for it. */
export async function job(pool: Pool, text: string, values: readonly unknown[] = []): Promise<void> {
  await transaction(pool, (client) => client.query(within(JOB_LIMIT, text, values)), {
    statementLimit: JOB_LIMIT,
  });
}
