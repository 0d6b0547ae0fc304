/**
 * Rows that the table does not take. PostgreSQL has no NUL in `jsonb`, nor half of a surrogate pair; a table that was changed to
 * serve its owner may have constraints of its own. One such row must not stop all that come after it: it is set aside as it came,
 * with the reason, and the copy goes on. `SELECT * FROM copy_aside` shows what is missing; each check tries again.
 *
 * `copy` keeps the state before, if there was one, under its own version. What is set aside counts in the digest.
 */
import pg from 'pg';
import type { Log } from './gateway.ts';
import type { Row } from './row.ts';

export const ASIDE_TABLE = `
CREATE TABLE IF NOT EXISTS copy_aside (
  stream text NOT NULL, subject text COLLATE "C" NOT NULL, version bigint NOT NULL, state bytea,
  listed_by uuid, reason text NOT NULL, since timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (stream, subject));`;

/** A row that is set aside. */
export interface WaitingRow {
  readonly subject: string;
  readonly version: number;
  /** `undefined`: the record is gone. */
  readonly state: unknown;
  /** By a listing, which is newer than all that was applied before. */
  readonly listed: boolean;
}

/** Puts rows into the table, all or none. */
export type Apply = (client: pg.PoolClient, rows: readonly Row[]) => Promise<unknown>;

export function createAside(stream: string, log: Log) {
  /** @returns why the table does not take the rows; `undefined`: it has them */
  async function refusal(client: pg.PoolClient, work: () => Promise<unknown>): Promise<string | undefined> {
    await client.query('SAVEPOINT these');
    try {
      await work();
      await client.query('RELEASE SAVEPOINT these');
      return undefined;
    } catch (error) {
      if (!isAboutRows(error)) throw error;
      await client.query('ROLLBACK TO SAVEPOINT these');
      // Not the message, which may quote the row.
      return [error.code, error.constraint].filter(Boolean).join(' ');
    }
  }

  /** @param listed is a newer row than any, whatever its version: a listing gave it */
  async function setAside(client: pg.PoolClient, row: Row, listed: boolean, reason: string): Promise<void> {
    const { rows } = await client.query<{ isNew: boolean }>(
      `INSERT INTO copy_aside AS a (stream, subject, version, state, reason, listed_by)
       SELECT $1::text, $2::text, $3::bigint, $4::bytea, $5::text,
              CASE WHEN $6::boolean THEN (SELECT snapshot FROM copy_progress WHERE stream = $1) END
       WHERE $6 OR NOT EXISTS (SELECT FROM copy WHERE stream = $1 AND subject = $2 AND version >= $3)
       ON CONFLICT (stream, subject) DO UPDATE
       SET version = $3, state = $4, reason = $5, listed_by = coalesce(excluded.listed_by, a.listed_by),
           since = CASE WHEN a.version = $3 AND a.state IS NOT DISTINCT FROM $4 THEN a.since ELSE now() END
       WHERE $6 OR a.version < $3
       RETURNING since = now() AS "isNew"`,
      [stream, row.subject, row.version, bytesOf(row), reason, listed],
    );
    // It is there: the end of a snapshot does not take what `copy` has of it for gone.
    if (listed)
      await client.query(
        `UPDATE copy SET listed_by = p.snapshot FROM copy_progress p
         WHERE copy.stream = $1 AND p.stream = $1 AND subject = $2`,
        [stream, row.subject],
      );
    if (rows[0]?.isNew) log('set-aside', { subject: row.subject, version: row.version, reason });
  }

  /** Applies all rows; what the table does not take of them is set aside. */
  async function apply(
    client: pg.PoolClient,
    rows: readonly Row[],
    how: Apply,
    listed: boolean,
  ): Promise<void> {
    if ((await refusal(client, () => how(client, rows))) === undefined) return forget(client, rows, listed);
    for (const row of rows) {
      const reason = await refusal(client, () => how(client, [row]));
      if (reason === undefined) await forget(client, [row], listed);
      else await setAside(client, row, listed, reason);
    }
  }

  /** What is in the table, in that version or a newer one, is not aside any more. */
  async function forget(client: pg.PoolClient, rows: readonly Row[], listed: boolean): Promise<void> {
    await client.query(
      `DELETE FROM copy_aside a USING copy c
       WHERE a.stream = $1 AND c.stream = $1 AND c.subject = a.subject AND a.subject = ANY ($2::text[])
         AND ($3 OR c.version >= a.version)`,
      [stream, rows.map(({ subject }) => subject), listed],
    );
  }

  return {
    apply,
    /** Of the snapshot that is over, or of ranges (SQL that says which): what was not listed is gone. */
    async forgetUnlisted(
      client: pg.PoolClient,
      condition: string,
      values: readonly unknown[],
    ): Promise<void> {
      await client.query(`DELETE FROM copy_aside a WHERE a.stream = $1 AND ${condition}`, [
        stream,
        ...values,
      ]);
    },
    async rows(client: pg.Pool | pg.PoolClient): Promise<WaitingRow[]> {
      const { rows } = await client.query<Omit<WaitingRow, 'state'> & { state: Buffer | null }>(
        `SELECT subject, version::float8, state, listed_by IS NOT NULL AS listed FROM copy_aside WHERE stream = $1`,
        [stream],
      );
      return rows.map(({ state, ...row }) => ({
        ...row,
        state: state ? JSON.parse(state.toString()) : undefined,
      }));
    },
  };
}

function bytesOf({ state }: Row): Buffer | null {
  return state === undefined ? null : Buffer.from(JSON.stringify(state));
}

/** Classes of SQLSTATE: data exceptions, violated constraints, limits of a value's size. */
function isAboutRows(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && /^(?:22|23|54)/.test(error.code ?? '');
}
