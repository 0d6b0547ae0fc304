/** Counts the live replicas of the gateway: each writes a heartbeat to PostgreSQL once a second, and counts the others'. */
import { randomUUID } from 'node:crypto';
import type { Pool } from '../store/pool.ts';
import type { Log } from '../telemetry/log.ts';

export interface Replicas {
  /** Live replicas, this one included: at least 1. While PostgreSQL is away, the last known number. */
  live(): number;
  /** Writes a heartbeat and counts the others'. A timer calls it every second. Never rejects. */
  beat(): Promise<void>;
  /** Takes this replica off the list. */
  close(): Promise<void>;
}

export interface ReplicasOptions {
  readonly pool: Pool;
  readonly log: Log;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

const INTERVAL = 1000;
/** Milliseconds after its last heartbeat for which a replica is counted. */
const LIFETIME = 3000;

// The statement does not see its own insert: the others, and this one.
const BEAT = `
  WITH me AS (
    INSERT INTO replica (id, seen_at) VALUES ($1, now())
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
  ), gone AS (
    DELETE FROM replica WHERE seen_at < now() - interval '1 minute'
  )
  SELECT 1 + count(*) AS live FROM replica
   WHERE id <> $1 AND seen_at > now() - make_interval(secs => $2)`;

/** Resolves after the first heartbeat, whether or not PostgreSQL answered. */
export async function openReplicas(options: ReplicasOptions): Promise<Replicas> {
  const { pool, log, now = () => performance.now() } = options;
  const id = randomUUID();
  let live = 1;
  let failing = false;
  /** Since when heartbeats have succeeded without a break. */
  let steadySince = now();
  let beating: Promise<void> | undefined;

  async function count(): Promise<void> {
    try {
      const { rows } = await pool.query<{ live: number }>(BEAT, [id, LIFETIME / 1000]);
      if (failing) {
        failing = false;
        steadySince = now();
        log.info('replicas are counted again');
      }
      const counted = rows[0]!.live;
      // When PostgreSQL comes back, other replicas may not have written a heartbeat yet: a smaller number counts only later.
      live = now() - steadySince >= LIFETIME ? counted : Math.max(counted, live);
    } catch (error) {
      if (!failing) log.error({ err: error }, 'replicas cannot be counted; the last number is kept');
      failing = true;
    }
  }

  function beat(): Promise<void> {
    beating ??= count().finally(() => {
      beating = undefined;
    });
    return beating;
  }

  await beat();
  const timer = setInterval(() => void beat(), INTERVAL).unref();
  return {
    live: () => live,
    beat,
    async close() {
      clearInterval(timer);
      await beating;
      // Should this fail, the other replicas stop counting this one after its lifetime.
      await pool.query('DELETE FROM replica WHERE id = $1', [id]).catch(() => {});
    },
  };
}
