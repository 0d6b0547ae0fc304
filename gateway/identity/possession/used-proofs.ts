/**
 * Each DPoP proof is accepted once, by all replicas together (RFC 9449, 11.1; `store/single-use.ts`).
 *
 * A replica refuses proofs that it has seen from its memory; PostgreSQL decides about the others. The table is unlogged, so that no
 * call waits for a disk flush. If a crash of PostgreSQL (or the change to a standby) empties it, older proofs are refused, and their
 * senders make new ones.
 */
import { hash } from 'node:crypto';
import type { Pool } from '../../store/pool.ts';
import { createSingleUse } from '../../store/single-use.ts';
import type { LogLines } from '../../telemetry/log.ts';

/** `stale`: made before the table was emptied; the sender should make another. */
export type Use = 'first' | 'used before' | 'stale';

export interface UsedProofs {
  /**
   * MUST NOT resolve to `first` twice for one proof, on any replica.
   * @param expiresAt milliseconds since the epoch; the proof MUST be refused by its time from then on
   * @throws the store's error when it cannot be asked
   */
  use(proof: { readonly jkt: string; readonly jti: string; readonly expiresAt: number }): Promise<Use>;
  close(): void;
}

/** Milliseconds by which a client's clock may be ahead when the table was emptied. */
const EMPTIED_MARGIN = 5000;
const PROOF_LIFETIME = 90_000;
/** Proofs in memory: two generations of this many, some 100 bytes each. */
const GENERATION = 50_000;

interface Row {
  used: Buffer[];
  since: Date;
}

export function createUsedProofs(options: { pool: Pool; now: () => number; log: LogLines }): UsedProofs {
  const { pool } = options;
  let young = new Set<string>();
  let old = new Set<string>();
  const proofs = createSingleUse<Use>({
    ...options,
    table: 'used_proof',
    values: 'proofs',
    sweepEvery: 30_000,
    margin: 60_000,
    maxWaiting: 20_000,
    async store(batch) {
      const { rows } = await pool.query<Row>({
        name: 'use-proofs',
        text: 'SELECT used, since FROM use_proofs($1, $2)',
        values: [batch.map(({ digest }) => digest), batch.map(({ expiresAt }) => expiresAt / 1000)],
      });
      const { used, since } = rows[0]!;
      const known = new Set(used.map((digest) => digest.toString('latin1')));
      const begin = since.getTime() + EMPTIED_MARGIN;
      return batch.map(({ digest, expiresAt }) => {
        if (known.has(digest.toString('latin1'))) return 'used before';
        return expiresAt - PROOF_LIFETIME <= begin ? 'stale' : 'first';
      });
    },
  });

  function remember(key: string): void {
    if (young.size >= GENERATION) [old, young] = [young, new Set()];
    young.add(key);
  }

  return {
    use({ jkt, jti, expiresAt }) {
      const digest = hash('sha256', `${jkt} ${jti}`, 'buffer').subarray(0, 16);
      const key = digest.toString('latin1');
      if (young.has(key) || old.has(key)) return Promise.resolve('used before');
      // A proof that is refused because too many wait is not used.
      if (!proofs.isFull()) remember(key);
      return proofs.use({ digest, expiresAt });
    },
    close: proofs.close,
  };
}
