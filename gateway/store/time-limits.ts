/**
 * Limits of all waits for PostgreSQL, in milliseconds. A server that hangs (suspended, without its disk, cut off)
 * closes no connection and refuses none, so every wait has its own limit; `pool.ts` applies them.
 */
import type { QueryConfig } from 'pg';

/** The limit for obtaining a connection, a free or a new one. */
export const CONNECTION_LIMIT = 3000;

/** The limit for the answer to a statement. */
export const QUERY_LIMIT = 3000;

/**
 * After this time PostgreSQL itself cancels a statement, before `QUERY_LIMIT` ends: so a statement that waits for a lock neither
 * costs the gateway a connection nor leaves a waiting backend behind.
 */
export const STATEMENT_LIMIT = 2500;

/** The limit for a statement that may wait for a lock, which PostgreSQL takes from a silent process after four seconds. */
export const LOCK_LIMIT = 6000;

/** The limit for the statements of a daily job, for which no call waits. */
export const JOB_LIMIT = 60_000;

/** The limit for the statements of a migration: an hour. */
export const MIGRATION_LIMIT = 3_600_000;

export interface Question extends QueryConfig {
  /** Milliseconds to wait for the answer, in place of `QUERY_LIMIT`. */
  readonly limit?: number;
}

/** A statement with its own limit; PostgreSQL's limit is the one of the transaction. */
export function within(limit: number, text: string, values: readonly unknown[] = []): Question {
  return { text, values: [...values], limit };
}
