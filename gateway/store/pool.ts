/** Connections to PostgreSQL, the only state that replicas of the gateway share. */
import pg from 'pg';
import { QueryTimeout, StorePool } from './client.ts';
import { CONNECTION_LIMIT, JOB_LIMIT, QUERY_LIMIT, STATEMENT_LIMIT, within } from './time-limits.ts';

export type Pool = pg.Pool;
export type Client = pg.PoolClient;

/** Positions and counters are PostgreSQL's bigint; all that the gateway counts stays below 2^53. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export interface PoolOptions {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  readonly max: number;
  /** Milliseconds after which PostgreSQL cancels a statement, if not the usual limit. */
  readonly statementLimit?: number;
  /** An idle connection was lost; the pool opens another when needed. */
  readonly onIdleError: (error: Error) => void;
}

/**
 * Settings that every statement here assumes, PostgreSQL's own defaults; a server, a database or a role may override them.
 * Above READ COMMITTED, a statement that waited for a row's lock is refused (40001); and node-postgres reads moments only in ISO.
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
    // As a statement: poolers refuse unknown parameters of the start-up packet.
    onConnect: async (client) => {
      await client.query(`${SESSION}; SET statement_timeout = ${statementLimit}`);
    },
  });
  pool.on('error', options.onIdleError);
  return pool;
}

/**
 * A process that stops in the middle of a transaction (suspended, swapped out, cut off) would keep its locks for as
 * long as its connection lives, perhaps hours. PostgreSQL ends the transaction of a connection that is silent for this time.
 */
const BEGIN = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = '4s'`;

interface TransactionOptions {
  /** Milliseconds after which PostgreSQL cancels each statement; default: `STATEMENT_LIMIT`. */
  readonly statementLimit?: number;
}

/**
 * Runs `work` in one transaction on one connection: committed when it resolves, rolled back when it throws.
 * A failed connection does not return to the pool. `work` MUST NOT wait for anything but this connection.
 */
export async function transaction<T>(
  pool: Pool,
  work: (client: Client) => Promise<T>,
  { statementLimit }: TransactionOptions = {},
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // Between two queries the connection has no listener; without this one, losing it would end the process.
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
    // A server that does not answer gets no ROLLBACK: closing the connection ends the transaction.
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

/** Runs one long statement, with `JOB_LIMIT`; no call waits for it. */
export async function job(pool: Pool, text: string, values: readonly unknown[] = []): Promise<void> {
  await transaction(pool, (client) => client.query(within(JOB_LIMIT, text, values)), {
    statementLimit: JOB_LIMIT,
  });
}
