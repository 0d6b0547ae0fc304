/** Each nonce of a key is accepted once, by all replicas together (`store/single-use.ts`), until the signature is too old. */
import { hash } from 'node:crypto';
import type { Pool } from '../store/pool.ts';
import { createSingleUse } from '../store/single-use.ts';
import type { LogLines } from '../telemetry/log.ts';

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

// In the order of the key: two replicas that insert the same nonces cannot deadlock.
const TAKE = `
  INSERT INTO used_nonce (digest, expires_at)
  SELECT digest, to_timestamp(expiry) FROM unnest($1::bytea[], $2::float8[]) AS given (digest, expiry) ORDER BY digest
  ON CONFLICT DO NOTHING RETURNING digest`;

export function createUsedNonces(options: { pool: Pool; now: () => number; log: LogLines }): UsedNonces {
  const { pool } = options;
  const nonces = createSingleUse<boolean>({
    ...options,
    table: 'used_nonce',
    values: 'nonces',
    sweepEvery: 60_000,
    margin: 5 * 60_000,
    maxWaiting: 10_000,
    async store(batch) {
      const { rows } = await pool.query<{ digest: Buffer }>({
        name: 'use-nonces',
        text: TAKE,
        values: [batch.map(({ digest }) => digest), batch.map(({ expiresAt }) => expiresAt / 1000)],
      });
      const fresh = new Set(rows.map(({ digest }) => digest.toString('latin1')));
      // `delete` succeeds only for the first use of a nonce that came twice in one batch.
      return batch.map(({ digest }) => fresh.delete(digest.toString('latin1')));
    },
  });
  return {
    use: (thumbprint, nonce, expiresAt) =>
      nonces.use({ digest: hash('sha256', `${thumbprint} ${nonce}`, 'buffer'), expiresAt }),
    close: nonces.close,
  };
}
