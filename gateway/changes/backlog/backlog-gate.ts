/**
 * Back-pressure: a registry whose outbox is too far ahead of Kafka takes no more pushes for a while. What waits would be
 * removed in the end without having been sent, and the provider can wait better than a subscriber can miss.
 *
 * Measured every few seconds, not at each push; so a push costs a look-up. The measure is the middle one of the
 * registry's streams: one topic in trouble refuses nobody's push.
 */
import { Problem } from '../../problems/problem.ts';
import type { Backlog } from '../relay/sink.ts';

/** A gate that has closed opens below this part of the limit, so that it does not flutter. */
const OPENS_AT = 0.8;
/** Seconds: measures are two apart, and the relay needs some to make room. */
const RETRY_AFTER = 5;

export interface BacklogGate {
  measured(backlogs: readonly Pick<Backlog, 'registry' | 'typical'>[]): void;
  /** @throws Problem `outbox_full` */
  pass(registry: string): void;
}

/** @param most changes that the middle one of a registry's streams may be behind */
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
