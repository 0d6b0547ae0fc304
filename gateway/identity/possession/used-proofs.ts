/**
 * Each DPoP proof is accepted once, by all replicas together (RFC 9449, 11.1).
 *
 * A replica refuses proofs that it has seen from its memory. PostgreSQL decides about the others, in batches: while one
 * statement runs, the next batch fills. The table is unlogged, so that no call waits for a disk flush. If a crash of
 * PostgreSQL (or the change to a standby) empties it, older proofs are refused, and their senders make new ones.
 */
import { hash } from 'node:crypto';
import type { Pool } from '../../store/pool.ts';
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

const SWEEP_INTERVAL = 30_000;
/** Milliseconds that rows stay longer than needed: replicas' clocks differ. */
const MARGIN = 60_000;
/** Milliseconds by which a client's clock may be ahead when the table was emptied. */
const EMPTIED_MARGIN = 5000;
const PROOF_LIFETIME = 90_000;
const MAX_GROUP = 256;
/** Proofs in the queue; more are refused. */
const MAX_WAITING = 20_000;
/** Proofs in memory: two generations of this many, some 100 bytes each. */
const GENERATION = 50_000;

interface Waiter {
  readonly digest: Buffer;
  readonly expiresAt: number;
  readonly resolve: (use: Use) => void;
  readonly reject: (error: unknown) => void;
}

interface Row {
  used: Buffer[];
  since: Date;
}

export function createUsedProofs(options: { pool: Pool; now: () => number; log: LogLines }): UsedProofs {
  const { pool, now, log } = options;
  let young = new Set<string>();
  let old = new Set<string>();
  const queue: Waiter[] = [];
  let underWay = false;

  const sweep = () =>
    pool
      .query('DELETE FROM used_proof WHERE expires_at < $1', [new Date(now() - MARGIN)])
      .catch((error: unknown) => log.warn({ err: error }, 'expired proofs cannot be swept'));
  const timer = setInterval(sweep, SWEEP_INTERVAL).unref();

  const flush = async () => {
    const group = queue.splice(0, MAX_GROUP);
    try {
      const take = {
        name: 'use-proofs',
        text: 'SELECT used, since FROM use_proofs($1, $2)',
        values: [group.map(({ digest }) => digest), group.map(({ expiresAt }) => expiresAt / 1000)],
      };
      const { rows } = await pool.query<Row>(take);
      const { used, since } = rows[0]!;
      const known = new Set(used.map((digest) => digest.toString('latin1')));
      const begin = since.getTime() + EMPTIED_MARGIN;
      for (const { digest, expiresAt, resolve } of group) {
        if (known.has(digest.toString('latin1'))) resolve('used before');
        else resolve(expiresAt - PROOF_LIFETIME <= begin ? 'stale' : 'first');
      }
    } catch (error) {
      // Waiting proofs would ask the same store: they fail now, instead of after another time limit.
      for (const { reject } of group.concat(queue.splice(0))) reject(error);
    }
  };
  const run = async () => {
    while (queue.length > 0) await flush();
    underWay = false;
  };

  return {
    use: ({ jkt, jti, expiresAt }) => {
      const digest = hash('sha256', `${jkt} ${jti}`, 'buffer').subarray(0, 16);
      const key = digest.toString('latin1');
      if (young.has(key) || old.has(key)) return Promise.resolve('used before');
      if (queue.length >= MAX_WAITING) return Promise.reject(new Error('too many proofs wait to be checked'));
      if (young.size >= GENERATION) [old, young] = [young, new Set()];
      young.add(key);
      return new Promise<Use>((resolve, reject) => {
        queue.push({ digest, expiresAt, resolve, reject });
        if (underWay) return;
        underWay = true;
        // Yields once, so that the batch takes all proofs of this event loop turn.
        setImmediate(() => void run());
      });
    },
    close: () => clearInterval(timer),
  };
}
