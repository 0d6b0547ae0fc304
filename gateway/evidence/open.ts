/** Opens the evidence log on PostgreSQL. */

import type { Pool } from '../store/pool.ts';
import type { Secrets } from '../store/secrets.ts';
import { QUERY_LIMIT } from '../store/time-limits.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { appendIn } from './append/append-in.ts';
import { GroupCommit } from './append/group-commit.ts';
import type { EvidenceHealth, EvidenceLog } from './evidence.ts';
import { RefusalCounts } from './refusal-counts.ts';

export interface EvidenceOptions {
  /** The log keeps two of its connections, from the first use on. */
  readonly pool: Pool;
  readonly secrets: Secrets;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Milliseconds after which `append` gives up; the limit of any statement by default. */
  readonly timeout?: number;
  /** Entries that may wait to be committed; 10,000 by default. */
  readonly maxWaiting?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * The migrations must have run. `append` rejects with PostgreSQL's error or a timeout; a rejected entry may be stored
 * all the same, when its acknowledgement was lost.
 */
export function openEvidence(options: EvidenceOptions): EvidenceLog & EvidenceHealth {
  const { timeout = QUERY_LIMIT, maxWaiting = 10_000, now = Date.now } = options;
  const entries = new GroupCommit({ ...options, timeout, maxWaiting });
  const inOthers = { ...options, storedFieldSets: new Set<string>() };
  const refusals = new RefusalCounts({ ...options, now });
  return {
    append: (entry) => entries.append(entry),
    failing: () => entries.failing,
    appendIn: (client, given) => appendIn(client, given, inOthers),
    countRefusal: (source, code) => refusals.add(source, code),
    async close() {
      await entries.close();
      await refusals.close();
    },
  };
}
