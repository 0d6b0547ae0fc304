/**
 * The copy in PostgreSQL, and how far it is. Both change in one transaction, so after a crash they still fit: what was
 * applied is not asked for again, and what was not is.
 *
 * A row that the table does not take is set aside, and stops no other (aside.ts).
 *
 * A record that is gone keeps its row, without a state: the version in it distinguishes a late, older change from a new one.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { ASIDE_TABLE, createAside } from './aside.ts';
import type { Log } from './gateway.ts';
import type { Row } from './row.ts';

export interface Progress {
  /** Is the snapshot complete? */
  readonly following: boolean;
  /** Where an incomplete snapshot goes on. */
  readonly snapshotNext: string | null;
  /** Cursor of the feed. */
  readonly feedAfter: string;
  /** All events up to this one were applied: of the feed's chain, or of the topic. */
  readonly sequence: number;
  readonly topic: string | null;
  /** Of the Kafka consumer; each new copy has its own, and reads the topic from its beginning. */
  readonly group: string;
}

/** What a snapshot's first line says. */
export interface Start {
  readonly feed: { readonly after: string };
  readonly kafka?: { readonly topic: string; readonly sequence: number };
}

const TABLES = `
CREATE TABLE IF NOT EXISTS copy (
  stream text NOT NULL, subject text COLLATE "C" NOT NULL, version bigint NOT NULL, state jsonb,
  listed_by uuid, PRIMARY KEY (stream, subject));
CREATE TABLE IF NOT EXISTS copy_progress (
  stream text PRIMARY KEY, snapshot uuid NOT NULL, following boolean NOT NULL DEFAULT false, snapshot_next text,
  feed_after text NOT NULL, sequence bigint NOT NULL, topic text, consumer_group text NOT NULL);
CREATE TABLE IF NOT EXISTS copy_ahead (stream text NOT NULL, sequence bigint NOT NULL, PRIMARY KEY (stream, sequence));`;

const ROWS = `SELECT $1::text, subject, version, state FROM jsonb_to_recordset($2::jsonb) AS r (subject text, version bigint, state jsonb)`;

export type Table = Awaited<ReturnType<typeof openTable>>;

export async function openTable(url: string, stream: string, log: Log) {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => {});
  await pool.query(TABLES + ASIDE_TABLE);
  const aside = createAside(stream, log);

  async function transaction<T>(work: (client: pg.PoolClient) => Promise<T>, begin = 'BEGIN'): Promise<T> {
    const client = await pool.connect();
    try {
      await client.query(begin);
      const result = await work(client);
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      // Its transaction is open, or aborted: nobody else may get it.
      client.release(true);
      throw error;
    }
  }

  /** The newest of each subject, as a statement can take them. */
  const parameter = (rows: readonly Row[]): string => {
    const newest = new Map<string, Row>();
    for (const row of rows) {
      if ((newest.get(row.subject)?.version ?? -1) < row.version) newest.set(row.subject, row);
    }
    return JSON.stringify([...newest.values()]);
  };

  const applyNewer = (client: pg.PoolClient, rows: readonly Row[]) =>
    client.query(
      `INSERT INTO copy (stream, subject, version, state) ${ROWS} ON CONFLICT (stream, subject) DO UPDATE
       SET version = excluded.version, state = excluded.state WHERE copy.version < excluded.version`,
      [stream, parameter(rows)],
    );

  /** What a snapshot lists is newer than all that was applied before it began: it replaces, whatever stands there. */
  const replace = (client: pg.PoolClient, rows: readonly Row[]) =>
    client.query(
      `INSERT INTO copy (stream, subject, version, state, listed_by)
       SELECT r.*, p.snapshot FROM (${ROWS}) r, copy_progress p WHERE p.stream = $1
       ON CONFLICT (stream, subject) DO UPDATE
       SET version = excluded.version, state = excluded.state, listed_by = excluded.listed_by`,
      [stream, parameter(rows)],
    );

  return {
    async progress(): Promise<Progress | undefined> {
      const { rows } = await pool.query(
        `SELECT following, snapshot_next AS "snapshotNext", feed_after AS "feedAfter", sequence::float8, topic,
                consumer_group AS group FROM copy_progress WHERE stream = $1`,
        [stream],
      );
      return rows[0];
    },

    /**
     * The position is noted before the first row. The feed numbers its own chain, from its first event after that; a
     * topic's numbers go on.
     */
    async beginSnapshot(client: string, { feed, kafka }: Start, from: 'kafka' | 'feed'): Promise<void> {
      const sequence = from === 'kafka' ? (kafka?.sequence ?? 0) : 0;
      const id = randomUUID();
      await transaction(async (connection) => {
        await connection.query(
          `INSERT INTO copy_progress (stream, snapshot, feed_after, sequence, topic, consumer_group)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (stream) DO UPDATE
           SET snapshot = $2, following = false, snapshot_next = NULL, feed_after = $3, sequence = $4, topic = $5,
               consumer_group = $6`,
          [stream, id, feed.after, sequence, kafka?.topic, `${client}.copy-${id}`],
        );
        await connection.query('DELETE FROM copy_ahead WHERE stream = $1', [stream]);
      });
    },

    /** A piece of a snapshot; `next` undefined: it was the last, and what was not listed is gone. */
    async applyListed(rows: readonly Row[], next: string | undefined): Promise<void> {
      await transaction(async (client) => {
        await aside.apply(client, rows, replace, true);
        await client.query('UPDATE copy_progress SET snapshot_next = $2, following = $3 WHERE stream = $1', [
          stream,
          next,
          next === undefined,
        ]);
        if (next !== undefined) return;
        await client.query(
          `UPDATE copy SET state = NULL FROM copy_progress p
           WHERE copy.stream = $1 AND p.stream = $1 AND listed_by IS DISTINCT FROM p.snapshot`,
          [stream],
        );
        await aside.forgetUnlisted(
          client,
          'listed_by IS DISTINCT FROM (SELECT snapshot FROM copy_progress WHERE stream = $1)',
          [],
        );
      });
    },

    /** A page of the feed. */
    async applyPage(rows: readonly Row[], feedAfter: string, sequence: number): Promise<void> {
      await transaction(async (client) => {
        await aside.apply(client, rows, applyNewer, false);
        await client.query('UPDATE copy_progress SET feed_after = $2, sequence = $3 WHERE stream = $1', [
          stream,
          feedAfter,
          sequence,
        ]);
      });
    },

    /**
     * Events of a topic, whose partitions run at their own speed: what is ahead of a number that has not come yet is
     * noted, until it comes.
     */
    async applyEvents(events: readonly (Row & { readonly sequence: number })[]): Promise<void> {
      await transaction(async (client) => {
        await aside.apply(client, events, applyNewer, false);
        await client.query(`INSERT INTO copy_ahead SELECT $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING`, [
          stream,
          events.map(({ sequence }) => sequence),
        ]);
        await client.query(
          `UPDATE copy_progress p SET sequence = coalesce(
             (SELECT max(a.sequence) FROM (SELECT sequence, row_number() OVER (ORDER BY sequence) AS place FROM copy_ahead
              WHERE stream = $1 AND sequence > p.sequence) a WHERE a.sequence = p.sequence + a.place), p.sequence)
           WHERE stream = $1`,
          [stream],
        );
        await client.query(
          `DELETE FROM copy_ahead a USING copy_progress p
           WHERE a.stream = $1 AND p.stream = $1 AND a.sequence <= p.sequence`,
          [stream],
        );
      });
    },

    /** Are there events after one that has not come? */
    async hasHole(): Promise<boolean> {
      const { rows } = await pool.query('SELECT 1 FROM copy_ahead WHERE stream = $1 LIMIT 1', [stream]);
      return rows.length > 0;
    },

    /** Replaces all rows whose subjects begin with one of the prefixes. */
    async replaceRanges(prefixes: readonly string[], rows: readonly Row[]): Promise<void> {
      const given = [prefixes, rows.map(({ subject }) => subject)];
      await transaction(async (client) => {
        await client.query(
          `UPDATE copy SET state = NULL FROM unnest($2::text[]) AS prefix
           WHERE stream = $1 AND starts_with(subject, prefix) AND subject <> ALL ($3::text[])`,
          [stream, ...given],
        );
        await aside.forgetUnlisted(
          client,
          'a.subject ^@ ANY ($2::text[]) AND a.subject <> ALL ($3::text[])',
          given,
        );
        await aside.apply(client, rows, replace, true);
      });
    },

    /** Tries what was set aside once more: the table may take it by now. @returns how many rows still wait */
    async retryAside(): Promise<number> {
      for (const { listed, ...row } of await aside.rows(pool)) {
        await transaction((client) => aside.apply(client, [row], listed ? replace : applyNewer, listed));
      }
      return (await aside.rows(pool)).length;
    },

    /** Every record that there is, in the order of subjects; of one that is set aside, as it came. */
    async rows(): Promise<{ subject: string; version: number; state: unknown }[]> {
      // One look at both: a row is not aside and in the table, nor in neither.
      const [waiting, rows] = await transaction(async (client) => {
        const setAside = await aside.rows(client);
        const result = await client.query<{ subject: string; version: number; state: unknown }>(
          `SELECT subject, version::float8, state FROM copy WHERE stream = $1 AND state IS NOT NULL
             AND subject <> ALL ($2::text[]) ORDER BY subject`,
          [stream, setAside.map(({ subject }) => subject)],
        );
        return [setAside, result.rows] as const;
      }, 'BEGIN ISOLATION LEVEL REPEATABLE READ');
      if (waiting.length === 0) return rows;
      // Subjects are ASCII, whose order as text is that of its bytes.
      const kept = waiting.filter(({ state }) => state !== undefined);
      return [...rows, ...kept].sort((one, other) => (one.subject < other.subject ? -1 : 1));
    },

    async startAgain(): Promise<void> {
      await pool.query('DELETE FROM copy_progress WHERE stream = $1', [stream]);
    },
    close: () => pool.end(),
  };
}
