/** The part of an agreement's quota for the current period that one replica has reserved and not spent yet. */
import type { Pool } from '../store/pool.ts';
import { type Period, type PeriodKind, periodOf } from '../time/periods.ts';
import { ask } from './ask.ts';

export interface AllowanceOptions {
  readonly pool: Pool;
  readonly agreement: string;
  readonly kind: PeriodKind;
  /** Calls in a period, for all replicas. */
  readonly limit: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Waiter {
  resolve(taken: boolean): void;
  reject(error: unknown): void;
}

/** Chunks are a 256th of the quota, at most this. */
const MAX_CHUNK = 1000;
const CHUNKS = 256;
/** No chunk takes more than an eighth of the rest of the quota. */
const PART_OF_REST = 8;
/** Chunks of this size and above are followed by the next before they are spent; the last calls are never fetched ahead. */
const MIN_PREFETCHED = 8;
/** Milliseconds until a replica asks again for an exhausted quota: another replica may have given some back. */
const RECHECK = 1000;

// Sizes are computed under the row's lock, from the calls reserved by then. $3 limit, $4 waiting calls, $5 chunk.
const size = (rest: string) =>
  `least(${rest}, greatest($4::bigint, least($5::bigint, (${rest}) / ${PART_OF_REST}), 1))`;
const RESERVE = `
  INSERT INTO quota_use AS known (agreement, period, reserved, chunk)
  SELECT $1, $2, chunk, chunk FROM (SELECT ${size('$3::bigint')} AS chunk) AS first WHERE chunk > 0
  ON CONFLICT (agreement, period) DO UPDATE
    SET reserved = known.reserved + ${size('$3::bigint - known.reserved')},
        chunk = ${size('$3::bigint - known.reserved')}
    WHERE known.reserved < $3::bigint
  RETURNING chunk`;
const GIVE_BACK = 'UPDATE quota_use SET reserved = reserved - $3 WHERE agreement = $1 AND period = $2';
const RESERVED = 'SELECT reserved FROM quota_use WHERE agreement = $1 AND period = $2';

export class Allowance {
  readonly #options: AllowanceOptions;
  readonly #chunk: number;
  #period: Period;
  #left = 0;
  #lastChunk = 0;
  #lastUse = 0;
  #exhaustedUntil = 0;
  readonly #waiting: Waiter[] = [];
  #reserving: Promise<void> | undefined;

  constructor(options: AllowanceOptions) {
    this.#options = options;
    this.#chunk = Math.min(MAX_CHUNK, Math.max(1, Math.floor(options.limit / CHUNKS)));
    this.#period = periodOf(options.kind, options.now());
  }

  get kind(): PeriodKind {
    return this.#options.kind;
  }

  /** Takes one reserved call: `false` when the quota is used up, `undefined` when PostgreSQL must be asked (`take`). */
  takeReserved(): boolean | undefined {
    const now = this.#options.now();
    this.#enterPeriod(now);
    if (this.#left > 0) {
      this.#left--;
      this.#lastUse = now;
      // A failure to fetch ahead is reported by the first `take` that finds no reserved call.
      if (this.#lastChunk >= MIN_PREFETCHED && this.#left < this.#lastChunk / 4) this.#reserve();
      return true;
    }
    return now < this.#exhaustedUntil ? false : undefined;
  }

  /** Takes one call, and asks PostgreSQL when none is reserved. Rejects with Problem `store_unavailable`. */
  async take(): Promise<boolean> {
    const taken = this.takeReserved();
    if (taken !== undefined) return taken;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#reserve();
    });
  }

  /** The period of the last take. */
  get period(): string {
    return this.#period.name;
  }

  /** Undoes a take of `period`; a call of a past period is lost. */
  untake(period: string): void {
    if (period === this.#period.name) this.#left++;
  }

  /** Seconds until the period ends, when its quota is known to be used up. */
  exhaustedFor(): number | undefined {
    const now = this.#options.now();
    if (now >= this.#exhaustedUntil || this.#left > 0) return undefined;
    return Math.max(1, Math.ceil((this.#period.end - now) / 1000));
  }

  /** Calls of the period that are neither made nor reserved by another replica. */
  async remaining(): Promise<number> {
    const { pool, agreement, limit, now } = this.#options;
    this.#enterPeriod(now());
    const [row] = await ask<{ reserved: number }>(pool, RESERVED, [agreement, this.#period.name]);
    return Math.max(0, limit - (row?.reserved ?? 0)) + this.#left;
  }

  /**
   * Gives the reserved calls back. When that fails they are lost: PostgreSQL may have taken them back, and another
   * replica could spend them too.
   */
  async giveBack(): Promise<void> {
    while (this.#reserving) await this.#reserving;
    const { pool, agreement } = this.#options;
    const left = this.#left;
    this.#left = 0;
    if (left > 0) await ask(pool, GIVE_BACK, [agreement, this.#period.name, left]);
  }

  /** Have reserved calls been unused for `milliseconds`? */
  isIdle(milliseconds: number): boolean {
    return this.#left > 0 && this.#options.now() - this.#lastUse >= milliseconds;
  }

  /** Asks for a chunk, one at a time, for as long as calls wait. */
  #reserve(): void {
    this.#reserving ??= this.#askForChunk().then(() => {
      this.#reserving = undefined;
      if (this.#waiting.length > 0) this.#reserve();
    });
  }

  async #askForChunk(): Promise<void> {
    const { pool, agreement, limit, now } = this.#options;
    const period = this.#period;
    try {
      const values = [agreement, period.name, limit, this.#waiting.length, this.#chunk];
      const [row] = await ask<{ chunk: number }>(pool, RESERVE, values);
      this.#enterPeriod(now());
      if (this.#period.name === period.name) this.#receive(row?.chunk ?? 0);
      // A chunk of a period that has passed meanwhile is dropped.
    } catch (error) {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    }
  }

  #receive(chunk: number): void {
    const now = this.#options.now();
    this.#lastChunk = chunk;
    this.#left += chunk;
    if (chunk === 0) this.#exhaustedUntil = now + RECHECK;
    else this.#lastUse = now;
    const served = this.#waiting.splice(0, this.#left);
    this.#left -= served.length;
    for (const { resolve } of served) resolve(true);
    if (chunk === 0) for (const { resolve } of this.#waiting.splice(0)) resolve(false);
  }

  #enterPeriod(now: number): void {
    if (now < this.#period.end) return;
    this.#period = periodOf(this.#options.kind, now);
    this.#left = 0;
    this.#lastChunk = 0;
    this.#exhaustedUntil = 0;
  }
}
