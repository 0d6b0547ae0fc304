/**
 * Leader election among the replicas, by a lease in the database.
 *
 * The lease has a holder, an epoch and an expiry by the database's clock. It lasts 4 s and is renewed each second, so another
 * replica succeeds a dead leader within 5 s. A leader that was paused is fenced twice: its own clock shows that the lease has
 * expired, so it stops sending; and the database refuses its cursor updates, because they carry an old epoch. (A session
 * advisory lock would do neither: it survives a half-open connection for hours.)
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Pool } from '../../store/pool.ts';
import type { Fence } from './fence.ts';

const LASTS = 4000;
const RENEW_EVERY = 1000;
/** How often other replicas try to take the lease: half a second of the five is left for a slow machine. */
const SEEK_EVERY = 500;
/** The holder stops this long before the database lets another replica take the lease. */
const MARGIN = 500;
/** Milliseconds that work under way has to finish at closing, unless `drain` says otherwise. */
const DRAIN = 5000;

export interface Leadership extends Fence {
  readonly epoch: number;
  /** Aborts when the process is closing: the leader finishes the work under way, begins nothing, and returns. */
  readonly closing: AbortSignal;
  /** Ends the leadership: the database has shown that another replica leads. */
  abandon(): void;
}

export interface LeaseOptions {
  readonly pool: Pool;
  readonly name: string;
  /** The table of the cursors that this lease guards; its column `epoch` holds the leader's. */
  readonly guards: string;
  /** Unique to this process. */
  readonly holder: string;
  readonly log: Logger;
  /** Milliseconds that work under way has to finish at closing. */
  readonly drain?: number | undefined;
  /** Leads. MUST return soon after `signal` or `closing` aborts. */
  readonly lead: (leadership: Leadership) => Promise<void>;
  /** Called on every change. */
  readonly onLeader?: (leads: boolean) => void;
}

/** Seeks the lease until closed. `close` releases it in good order, so that another replica can lead at once. */
export function seekLease(options: LeaseOptions): { close(): Promise<void> } {
  const { pool, name, holder, log, drain: within = DRAIN, lead, onLeader } = options;
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);

  async function seek(): Promise<void> {
    while (!closing.signal.aborted) {
      const asked = clock();
      const epoch = await acquire(pool, options).catch((error) => {
        log.debug({ err: error }, 'the lease cannot be asked for');
        return undefined;
      });
      if (epoch !== undefined) await leadFor(epoch, asked);
      await pause(SEEK_EVERY * (0.75 + Math.random() / 4), closing.signal);
    }
  }

  async function leadFor(epoch: number, asked: Instant): Promise<void> {
    const ending = new AbortController();
    setMaxListeners(0, ending.signal);
    let renewed = asked;
    const end = () => ending.abort();
    const drain = () => setTimeout(end, within).unref();
    closing.signal.addEventListener('abort', drain);
    const leadership: Leadership = {
      epoch,
      closing: closing.signal,
      signal: ending.signal,
      held: () => !ending.signal.aborted && since(renewed) < LASTS - MARGIN,
      abandon: end,
    };
    const watch = setInterval(() => leadership.held() || end(), 100);

    async function renewing(): Promise<void> {
      while (!ending.signal.aborted) {
        await pause(RENEW_EVERY, ending.signal);
        if (ending.signal.aborted) return;
        const asked = clock();
        try {
          if (await renew(pool, name, holder, epoch)) renewed = asked;
          else end();
        } catch (error) {
          log.debug({ err: error }, 'the lease cannot be renewed');
        }
      }
    }

    log.info({ lease: name, epoch }, 'leading');
    onLeader?.(true);
    const renewals = renewing();
    try {
      await lead(leadership);
    } catch (error) {
      log.error({ err: error, lease: name }, 'leading failed');
    } finally {
      end();
      clearInterval(watch);
      closing.signal.removeEventListener('abort', drain);
      onLeader?.(false);
      await renewals;
      await release(pool, name, epoch).catch(() => {});
      log.info({ lease: name, epoch }, 'no longer leading');
    }
  }

  const seeking = seek();
  return {
    async close() {
      closing.abort();
      await seeking;
    },
  };
}

interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

const clock = (): Instant => ({ monotonic: performance.now(), wall: Date.now() });

/** The longer time of the two clocks: suspending the machine stops the one, an operator may set the other back. */
const since = (then: Instant): number => Math.max(performance.now() - then.monotonic, Date.now() - then.wall);

/** If the row of a lease was lost, as in a restored database, its epoch begins above those of the cursors that it guards. */
async function acquire(
  pool: Pool,
  { name, guards, holder }: Pick<LeaseOptions, 'name' | 'guards' | 'holder'>,
): Promise<number | undefined> {
  const { rows } = await pool.query<{ epoch: number }>(
    `INSERT INTO relay_lease AS lease (name, holder, epoch, expires_at)
     VALUES ($1, $2, (SELECT coalesce(max(epoch), 0) + 1 FROM ${guards}), clock_timestamp() + $3 * interval '1 ms')
     ON CONFLICT (name) DO UPDATE
     SET holder = excluded.holder, epoch = lease.epoch + 1, expires_at = excluded.expires_at
     WHERE lease.expires_at < clock_timestamp()
     RETURNING epoch`,
    [name, holder, LASTS],
  );
  return rows[0]?.epoch;
}

async function renew(pool: Pool, name: string, holder: string, epoch: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE relay_lease SET expires_at = clock_timestamp() + $4 * interval '1 ms'
     WHERE name = $1 AND holder = $2 AND epoch = $3`,
    [name, holder, epoch, LASTS],
  );
  return rowCount === 1;
}

async function release(pool: Pool, name: string, epoch: number): Promise<void> {
  await pool.query(
    `UPDATE relay_lease SET expires_at = clock_timestamp() - interval '1 ms' WHERE name = $1 AND epoch = $2`,
    [name, epoch],
  );
}

const pause = (ms: number, signal: AbortSignal) => wait(ms, undefined, { signal }).catch(() => {});
