/** One statement of admission: bounded in time, and refused with 503 when PostgreSQL does not answer. */
import type { QueryConfig, QueryResultRow } from 'pg';
import { Problem } from '../errors.ts';
import type { Pool } from '../store/pool.ts';

const TIME_LIMIT = 3000;

/** @throws Problem `store_unavailable`: what cannot be counted is not admitted */
export async function ask<Row extends QueryResultRow>(
  pool: Pool,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  const query: QueryConfig & { query_timeout: number } = {
    text,
    values: [...values],
    query_timeout: TIME_LIMIT, // node-postgres knows it for single queries too; its types do not
  };
  try {
    return (await pool.query<Row>(query)).rows;
  } catch (cause) {
    throw new Problem('store_unavailable', { retryAfter: 1, cause });
  }
}
