/** One statement of admission: refused with 503 when PostgreSQL does not answer. */
import type { QueryResultRow } from 'pg';
import { Problem } from '../problems/problem.ts';
import type { Pool } from '../store/pool.ts';

/** @throws Problem `store_unavailable`: a call that cannot be counted is not admitted */
export async function ask<Row extends QueryResultRow>(
  pool: Pool,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  try {
    return (await pool.query<Row>(text, [...values])).rows;
  } catch (cause) {
    throw new Problem('store_unavailable', { retryAfter: 1, cause });
  }
}
