/**
 * Each client assertion is accepted once, by all replicas together (RFC 7523, 3, item 7): PostgreSQL decides.
 * Only a digest of client and `jti` is kept, until the assertion has expired.
 */
import { hash } from 'node:crypto';
import type { Pool } from '../../store/pool.ts';
import type { LogLines } from '../../telemetry/log.ts';

export interface AcceptedAssertions {
  /**
   * Resolves to true on the first use. MUST NOT resolve to true before the use is durable.
   * @param expiresAt milliseconds since the epoch; the assertion MUST be refused by its time from then on
   * @throws the store's error when it cannot be asked
   */
  accept(clientId: string, jti: string, expiresAt: number): Promise<boolean>;
  close(): void;
}

const SWEEP_INTERVAL = 60_000;
/** Milliseconds that rows stay longer than needed: replicas' clocks differ. */
const MARGIN = 5 * 60_000;

export function createAcceptedAssertions(options: {
  pool: Pool;
  now: () => number;
  log: LogLines;
}): AcceptedAssertions {
  const { pool, now, log } = options;
  const sweep = () =>
    pool
      .query('DELETE FROM accepted_assertion WHERE expires_at < $1', [new Date(now() - MARGIN)])
      .catch((error: unknown) => log.warn({ err: error }, 'expired assertions cannot be swept'));
  const timer = setInterval(sweep, SWEEP_INTERVAL).unref();
  return {
    accept: async (clientId, jti, expiresAt) => {
      const insert = {
        name: 'accept-assertion',
        text: 'INSERT INTO accepted_assertion (digest, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING',
        values: [hash('sha256', JSON.stringify([clientId, jti]), 'buffer'), new Date(expiresAt)],
      };
      const { rowCount } = await pool.query(insert);
      return rowCount === 1;
    },
    close: () => clearInterval(timer),
  };
}
