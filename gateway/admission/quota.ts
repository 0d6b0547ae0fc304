/**
 * Quotas per day and per month, never overspent by any number of replicas.
 *
 * PostgreSQL holds how much of a period's quota is reserved. A replica reserves a chunk by one atomic update and
 * spends it without asking again. Chunks shrink towards the quota's end, down to single calls, and a replica gives back
 * calls that it has not used for a while, so that the last calls reach the replicas that need them. The chunk of a replica
 * that dies stays unused; no chunk is used twice.
 */
import type { Agreement } from '../catalog/catalog.ts';
import type { Pool } from '../store/pool.ts';
import type { Log } from '../telemetry/log.ts';
import type { PeriodKind } from '../time/periods.ts';
import { Allowance } from './allowance.ts';

export interface Quotas {
  /**
   * Takes one call: `false` when the quota of the day or of the month is used up. A promise only when PostgreSQL
   * must be asked; it rejects with Problem `store_unavailable` when PostgreSQL is away: fail closed.
   */
  take(agreement: Agreement): boolean | Promise<boolean>;
  /** Seconds until the period of an exhausted quota ends; `undefined` when none is known to be exhausted. */
  retryAfter(agreement: Agreement): number | undefined;
  /**
   * Calls that may still be made, without those that other replicas have reserved; a member for each quota that the
   * agreement names. Rejects with Problem `store_unavailable`.
   */
  remaining(agreement: Agreement): Promise<{ day?: number; month?: number }>;
  /** Gives unused reservations back. */
  close(): Promise<void>;
}

export interface QuotasOptions {
  readonly pool: Pool;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Milliseconds after which an untouched reservation is given back; 2,000 by default. */
  readonly idle?: number;
}

export function openQuotas(options: QuotasOptions): Quotas {
  const { pool, log, now = Date.now, idle = 2000 } = options;
  const byAgreement = new Map<string, { quota: Agreement['quota']; allowances: readonly Allowance[] }>();

  function allowancesOf({ number, quota }: Agreement): readonly Allowance[] {
    const known = byAgreement.get(number);
    if (known && known.quota === quota) return known.allowances;
    // Another catalogue brought other terms: calls reserved under the old ones go back.
    for (const allowance of known?.allowances ?? []) void giveBack(allowance);
    const open = (kind: PeriodKind, limit: number | undefined) =>
      limit === undefined ? [] : [new Allowance({ pool, now, agreement: number, kind, limit })];
    const allowances = [...open('day', quota?.perDay), ...open('month', quota?.perMonth)];
    byAgreement.set(number, { quota, allowances });
    return allowances;
  }

  async function giveBack(allowance: Allowance): Promise<void> {
    await allowance.giveBack().catch((error: unknown) => {
      log.warn({ err: error }, 'a reserved part of a quota could not be given back');
    });
  }

  const timer = setInterval(() => {
    for (const { allowances } of byAgreement.values()) {
      for (const allowance of allowances) if (allowance.isIdle(idle)) void giveBack(allowance);
    }
  }, idle).unref();

  return {
    take(agreement) {
      if (!agreement.quota) return true;
      const allowances = allowancesOf(agreement);
      for (let i = 0; i < allowances.length; i++) {
        const taken = allowances[i]!.takeReserved();
        if (taken) continue;
        for (const allowance of allowances.slice(0, i)) allowance.untake(allowance.period);
        return taken === undefined ? takeAll(allowances) : false;
      }
      return true;
    },
    retryAfter(agreement) {
      const waits = allowancesOf(agreement).map((allowance) => allowance.exhaustedFor() ?? 0);
      return Math.max(0, ...waits) || undefined;
    },
    async remaining(agreement) {
      const rows = allowancesOf(agreement).map(async (allowance) => [
        allowance.kind,
        await allowance.remaining(),
      ]);
      return Object.fromEntries(await Promise.all(rows));
    },
    async close() {
      clearInterval(timer);
      await Promise.all([...byAgreement.values()].flatMap(({ allowances }) => allowances.map(giveBack)));
    },
  };
}

/** Takes one call of each allowance, or of none. */
async function takeAll(allowances: readonly Allowance[]): Promise<boolean> {
  const undo: (() => void)[] = [];
  let complete = false;
  try {
    for (const allowance of allowances) {
      if (!(await allowance.take())) return false;
      const { period } = allowance;
      undo.push(() => allowance.untake(period));
    }
    complete = true;
    return true;
  } finally {
    if (!complete) for (const untake of undo) untake();
  }
}
