/**
 * Each nonce of a key is accepted once, by all replicas together: PostgreSQL decides, in batches. While one statement runs,
 * the next batch fills. Only a digest of key and nonce is kept, until the signature is too old.
 */
import { hash } from 'node:crypto';
import type { Pool } from '../store/pool.ts';
import type { Log } from '../telemetry/log.ts';

export interface UsedNonces {
  /**
   * Resolves to true on the first use. MUST NOT resolve to true twice for one nonce of one key, on any replica, nor before
   * the use is durable.
   * @param expiresAt milliseconds since the epoch; the signature MUST be refused by its time from then on
   * @throws the store's error when it cannot be asked
   */
  use(thumbprint: string, nonce: string, expiresAt: number): Promise<boolean>;
  close(): void;
}

const SWEEP_INTERVAL = 60_000;
/** Milliseconds that rows stay longer than needed: replicas' clocks differ. */
const MARGIN = 5 * 60_000;
const MAX_GROUP = 256;
/** Nonces in the queue; more are refused. */
const MAX_WAITING = 10_000;

interface Waiter {
  readonly digest: Buffer;
  readonly expiresAt: number;
  readonly resolve: (first: boolean) => void;
  readonly reject: (error: unknown) => void;
}

// In the order of the key: two replicas that insert the same nonces cannot deadlock.
const TAKE = `
  INSERT INTO used_nonce (digest, expires_at)
  SELECT digest, to_timestamp(expiry) FROM unnest($1::bytea[], $2::float8[]) AS given (digest, expiry) ORDER BY digest
  ON CONFLICT DO NOTHING RETURNING digest`;

export function createUsedNonces(options: { pool: Pool; now: () => number; log: Log }): UsedNonces {
  const { pool, now, log } = options;
  const waiting: Waiter[] = [];
  let underWay = false;

  const sweep = () =>
    pool
      .query('DELETE FROM used_nonce WHERE expires_at < $1', [new Date(now() - MARGIN)])
      .catch((error: unknown) => log.warn({ err: error }, 'expired nonces cannot be swept'));
  const timer = setInterval(sweep, SWEEP_INTERVAL).unref();

  const take = async (group: Waiter[]) => {
    try {
      const statement = {
        name: 'use-nonces',
        text: TAKE,
        values: [group.map(({ digest }) => digest), group.map(({ expiresAt }) => expiresAt / 1000)],
      };
      const { rows } = await pool.query<{ digest: Buffer }>(statement);
      const fresh = new Set(rows.map(({ digest }) => digest.toString('latin1')));
      // `delete` succeeds only for the first waiter of a nonce that came twice in one batch.
      for (const { digest, resolve } of group) resolve(fresh.delete(digest.toString('latin1')));
    } catch (error) {
      // Waiting nonces would ask the same store: they fail now, instead of after another time limit.
      for (const { reject } of group.concat(waiting.splice(0))) reject(error);
    }
  };
  const run = async () => {
    while (waiting.length > 0) await take(waiting.splice(0, MAX_GROUP));
    underWay = false;
  };

  return {
    use: (thumbprint, nonce, expiresAt) => {
      if (waiting.length >= MAX_WAITING)
        return Promise.reject(new Error('too many nonces wait to be checked'));
      const digest = hash('sha256', `${thumbprint} ${nonce}`, 'buffer');
      return new Promise<boolean>((resolve, reject) => {
        waiting.push({ digest, expiresAt, resolve, reject });
        if (underWay) return;
        underWay = true;
        // Yields once, so that the batch takes all nonces of this event loop turn.
        setImmediate(() => void run());
      });
    },
    close: () => clearInterval(timer),
  };
}
