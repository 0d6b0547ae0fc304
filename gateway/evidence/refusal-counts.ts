/**
 * Refusals that leave no entry, counted by minute, source and code.
 *
 * Counts are kept in memory and added to the table every few seconds: nobody without a key can fill the log, or make the
 * gateway write at every request. Both the sources of a minute and the minutes that wait for PostgreSQL are bounded.
 */
import { isIP } from 'node:net';
import { storeCodeOf } from '../store/origin.ts';
import type { Pool } from '../store/pool.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface RefusalCountsOptions {
  readonly pool: Pool;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const FLUSH_INTERVAL = 5000;
const MAX_SOURCES = 1000;
/** Minutes kept while PostgreSQL is away. */
const MAX_MINUTES = 60;
const MINUTE = 60_000;
/** SQLSTATE classes of errors in a row (values, constraints, sizes): a repetition would fail again. */
const OF_A_ROW = /^(22|23|54)/;
/** Counts all sources beyond the bound, and sources that are no address. */
const OTHER = 'other';

interface Row {
  readonly minute: number;
  readonly source: string;
  readonly code: string;
  count: number;
}

interface Minute {
  readonly sources: Set<string>;
  rows: Map<string, Row>;
}

// Rows in the order of their key: two replicas that add to the same rows cannot deadlock.
const ADD = `
  INSERT INTO refusal_count AS known (minute, source, code, count)
  SELECT to_timestamp(minute), source, code, count
    FROM unnest($1::float8[], $2::text[], $3::text[], $4::bigint[]) AS fresh (minute, source, code, count)
   ORDER BY minute, source, code
  ON CONFLICT (minute, source, code) DO UPDATE SET count = known.count + excluded.count`;

export class RefusalCounts {
  readonly #options: RefusalCountsOptions;
  readonly #minutes = new Map<number, Minute>();
  readonly #timer: NodeJS.Timeout;
  #flushing: Promise<void> | undefined;
  #failing = false;

  constructor(options: RefusalCountsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.flush(), FLUSH_INTERVAL).unref();
  }

  /** @param source the caller's address; a proxy may forward something else */
  add(source: string, code: string): void {
    if (isIP(source) === 0) source = OTHER;
    this.#options.metrics.refusals.inc({ code });
    const minute = Math.floor(this.#options.now() / MINUTE) * MINUTE;
    let counts = this.#minutes.get(minute);
    if (!counts) {
      counts = { sources: new Set(), rows: new Map() };
      this.#minutes.set(minute, counts);
      this.#forgetOldest();
    }
    if (source !== OTHER && !counts.sources.has(source)) {
      if (counts.sources.size < MAX_SOURCES) counts.sources.add(source);
      else source = OTHER;
    }
    const key = `${code} ${source}`;
    const row = counts.rows.get(key);
    if (row) row.count++;
    else counts.rows.set(key, { minute, source, code, count: 1 });
  }

  /**
   * Adds the counts to the table. Never rejects: counts that could not be stored are kept for the next time.
   * (A count that was stored and whose acknowledgement was lost is counted twice.)
   */
  flush(): Promise<void> {
    this.#flushing ??= this.#store().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flushing;
    await this.flush();
  }

  async #store(): Promise<void> {
    const taken: Row[] = [];
    for (const [minute, counts] of this.#minutes) {
      for (const row of counts.rows.values()) taken.push(row);
      counts.rows = new Map();
      if (minute + MINUTE <= this.#options.now()) this.#minutes.delete(minute);
    }
    if (taken.length === 0) return;
    await this.#insert(taken);
    this.#forgetOldest();
  }

  /** Stores rows. Rows that could not be stored are put back; only a row that the store refuses is dropped. */
  async #insert(rows: readonly Row[]): Promise<void> {
    const { pool, log } = this.#options;
    try {
      await pool.query(ADD, [
        rows.map((row) => row.minute / 1000),
        rows.map((row) => row.source),
        rows.map((row) => row.code),
        rows.map((row) => row.count),
      ]);
      this.#failing = false;
    } catch (error) {
      if (OF_A_ROW.test(storeCodeOf(error))) {
        if (rows.length === 1) {
          log.error({ err: error }, 'the store refuses a count of refusals: it is dropped');
          return;
        }
        const half = rows.length >> 1;
        await this.#insert(rows.slice(0, half));
        await this.#insert(rows.slice(half));
        return;
      }
      for (const row of rows) this.#putBack(row);
      if (!this.#failing) log.error({ err: error }, 'refusals cannot be counted in the store');
      this.#failing = true;
    }
  }

  #putBack(row: Row): void {
    let counts = this.#minutes.get(row.minute);
    if (!counts) {
      counts = { sources: new Set(), rows: new Map() };
      this.#minutes.set(row.minute, counts);
    }
    if (row.source !== OTHER) counts.sources.add(row.source);
    const key = `${row.code} ${row.source}`;
    const since = counts.rows.get(key);
    if (since) since.count += row.count;
    else counts.rows.set(key, row);
  }

  #forgetOldest(): void {
    while (this.#minutes.size > MAX_MINUTES) this.#minutes.delete(Math.min(...this.#minutes.keys()));
  }
}
