/**
 * How long anybody waits for PostgreSQL, in milliseconds. A server that hangs (stopped, its disk gone, the network cut)
 * closes no connection and refuses nothing, so every wait has a limit of its own; `pool.ts` gives these to each of them.
 */
import type { QueryConfig } from 'pg';

/** To wait for a free connection, or to make one. */
export const CONNECTION_LIMIT = 3000;

/** For the answer to a statement. */
export const QUERY_LIMIT = 3000;

/**
 * After this PostgreSQL itself gives a statement up, before `QUERY_LIMIT` does: a statement that waits for a lock costs the
 * gateway no connection, and leaves no backend behind that goes on waiting.
 */
export const STATEMENT_LIMIT = 2500;

/** For a statement that may wait for a lock which PostgreSQL takes from a silent process after four seconds. */
export const LOCK_LIMIT = 6000;

/** For the statements of a daily job, which nobody waits for. */
export const JOB_LIMIT = 60_000;

/** For the statements of a migration: an hour. */
export const MIGRATION_LIMIT = 3_600_000;

export interface Question extends QueryConfig {
  /** Milliseconds to wait for the answer, in the place of `QUERY_LIMIT`. */
  readonly limit?: number;
}

/** A statement with a limit of its own; PostgreSQL's is that of its transaction. */
export function within(limit: number, text: string, values: readonly unknown[] = []): Question {
  return { text, values: [...values], limit };
}
