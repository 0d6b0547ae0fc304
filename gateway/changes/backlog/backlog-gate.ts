/**
 * Back-pressure: the gate refuses pushes to a registry whose outbox is too far ahead of Kafka. Otherwise pruning would remove
 * changes that were never sent: a provider can push again later, a subscriber cannot recover a lost change.
 *
 * The backlog is measured every few seconds, so a push costs one look-up. The measure is the median of the registry's streams:
 * one topic in trouble stops no provider.
 */
import { Problem } from '../../problems/problem.ts';
import type { Backlog } from '../relay/sink.ts';

/** A closed gate opens below this part of the limit, so that it does not flutter. */
const OPENS_AT = 0.8;
/** Seconds: the backlog is measured every two, and the relay needs a few to catch up. */
const RETRY_AFTER = 5;

export interface BacklogGate {
  measured(backlogs: readonly Pick<Backlog, 'registry' | 'typical'>[]): void;
  /** @throws Problem `outbox_full` */
  pass(registry: string): void;
}

/** @param most changes that the median of a registry's streams may be behind */
export function createBacklogGate(most: number): BacklogGate {
  let closed = new Set<string>();
  return {
    measured(backlogs) {
      closed = new Set(
        backlogs
          .filter(({ registry, typical = 0 }) => typical > (closed.has(registry) ? most * OPENS_AT : most))
          .map(({ registry }) => registry),
      );
    },
    pass(registry) {
      if (closed.has(registry)) throw new Problem('outbox_full', { retryAfter: RETRY_AFTER });
    },
  };
}
