/**
 * Accepts each value once, by all replicas together: PostgreSQL decides, in batches. While one statement runs, the next batch fills.
 * Only digests of values are stored, until they expire.
 */
import type { LogLines } from '../telemetry/log.ts';
import type { Pool } from './pool.ts';

/** The most values in one statement. */
const MAX_BATCH = 256;

export interface Use {
  readonly digest: Buffer;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface SingleUse<Result> {
  /** `true`: the next value is refused, because too many wait. */
  isFull(): boolean;
  /** @throws (rejects with) the store's error when PostgreSQL does not answer; Error when too many values wait */
  use(use: Use): Promise<Result>;
  close(): void;
}

export interface SingleUseOptions<Result> {
  readonly pool: Pool;
  readonly now: () => number;
  readonly log: LogLines;
  /** The table of the digests, which has a column `expires_at`. */
  readonly table: 'used_nonce' | 'used_proof';
  /** The plural of the values, for messages. */
  readonly values: string;
  /** Milliseconds between two deletions of expired rows. */
  readonly sweepEvery: number;
  /** Milliseconds that rows stay longer than needed, because replicas' clocks differ. */
  readonly margin: number;
  /** Values that may wait; further ones are refused. */
  readonly maxWaiting: number;
  /** Stores the uses of a batch in one statement. MUST return a result for each use, in their order. */
  readonly store: (batch: readonly Use[]) => Promise<readonly Result[]>;
}

interface Waiter<Result> extends Use {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export function createSingleUse<Result>(options: SingleUseOptions<Result>): SingleUse<Result> {
  const { pool, now, log, table, values, sweepEvery, margin, maxWaiting, store } = options;
  const waiting: Waiter<Result>[] = [];
  let isRunning = false;

  const sweep = () =>
    pool
      .query(`DELETE FROM ${table} WHERE expires_at < $1`, [new Date(now() - margin)])
      .catch((error: unknown) => log.warn({ err: error }, `expired ${values} cannot be swept`));
  const timer = setInterval(sweep, sweepEvery).unref();

  async function storeBatch(batch: readonly Waiter<Result>[]): Promise<void> {
    try {
      const results = await store(batch);
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]!);
    } catch (error) {
      // Waiting values would query the same store: they fail now, instead of after another time limit.
      for (const { reject } of batch.concat(waiting.splice(0))) reject(error);
    }
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) await storeBatch(waiting.splice(0, MAX_BATCH));
    isRunning = false;
  }

  const isFull = () => waiting.length >= maxWaiting;

  return {
    isFull,
    use({ digest, expiresAt }) {
      if (isFull()) return Promise.reject(new Error(`too many ${values} wait to be checked`));
      return new Promise((resolve, reject) => {
        waiting.push({ digest, expiresAt, resolve, reject });
        if (isRunning) return;
        isRunning = true;
        // Yields once, so that the batch takes all values of this event loop turn.
        setImmediate(() => void run());
      });
    },
    close: () => clearInterval(timer),
  };
}
