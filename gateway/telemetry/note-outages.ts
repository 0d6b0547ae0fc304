/**
 * Logs the outages of repeated work (each second, each batch). The work fails for as long as a dependency is down. The log
 * gets one line when the outage begins, one when it continues for another reason, and one when the work succeeds again, with the
 * number of failures.
 */
import { reasonOf } from './describe-error.ts';
import type { Log } from './log.ts';

export interface Outages {
  /** The work has failed. @param fields of the line */
  failed(error: unknown, fields?: object): void;
  /** The work has succeeded. */
  worked(): void;
}

export interface OutageMessages {
  /** `the backlog cannot be measured` */
  readonly begins: string;
  /** `the backlog is measured again` */
  readonly ends: string;
  readonly level?: 'warn' | 'error';
}

export function noteOutages(log: Pick<Log, 'info' | 'warn' | 'error'>, messages: OutageMessages): Outages {
  const { begins, ends, level = 'warn' } = messages;
  /** Reasons that were reported in this outage. */
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
