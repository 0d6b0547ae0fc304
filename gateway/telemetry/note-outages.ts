/**
 * Work that is done again and again (each second, each batch) fails for as long as what it needs is away. That is one line
 * of the log when it begins, one when it goes on for another reason, and one when the work succeeds again, which says how
 * often it failed meanwhile.
 */
import { reasonOf } from './describe-error.ts';
import type { Log } from './log.ts';

export interface Outages {
  /** The work has failed. @param fields for the line */
  failed(error: unknown, fields?: object): void;
  /** The work has been done. */
  worked(): void;
}

export interface OutageWords {
  /** `the backlog cannot be measured` */
  readonly begins: string;
  /** `the backlog is measured again` */
  readonly ends: string;
  readonly level?: 'warn' | 'error';
}

export function noteOutages(log: Pick<Log, 'info' | 'warn' | 'error'>, words: OutageWords): Outages {
  const { begins, ends, level = 'warn' } = words;
  /** Of this outage, those that were reported. */
  const reasons = new Set<string>();
  let failures = 0;
  return {
    failed(error, fields) {
      failures += 1;
      const reason = reasonOf(error);
      if (reasons.has(reason)) return;
      reasons.add(reason);
      log[level]({ ...fields, err: error }, begins);
    },
    worked() {
      if (failures === 0) return;
      log.info({ failures }, ends);
      failures = 0;
      reasons.clear();
    },
  };
}
