/**
 * Finishes writes whose leases ran out: the replica of their caller died, the registry gave no answer, or the answer could
 * not be stored. Any replica leases them again, and one replica at a time holds a write.
 *
 * The replica asks the registry for the outcome of the request. It repeats the question with growing pauses while the outcome
 * is unknown. It never sends the request again, unless the registry deduplicates by request id: then sending is asking.
 */
import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Write, WriteOutcome } from '../../adapters/adapter.ts';
import type { Catalog, Service } from '../catalog/catalog.ts';
import { upstreamProblem } from '../problems/upstream-problem.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { noteOutages } from '../telemetry/note-outages.ts';
import { isCertain } from './certain.ts';
import { callOf, entryOf, type Intent } from './intent.ts';
import { AlreadySettled, type LeasedWrite, type UnreadableWrite, type WriteStore } from './store.ts';

const INTERVAL = 1000;
const PRUNE_EVERY = 10 * 60_000;
/** Writes that one replica finishes at a time. */
const AT_ONCE = 8;
/** Milliseconds: more than the limits of asking, sending and committing together. */
const LEASE = 60_000;
const ASK_DEADLINE = 5000;
const LONGEST_PAUSE = 5 * 60_000;

export interface FinishOptions {
  readonly store: WriteStore;
  readonly catalog: () => Catalog;
  /** @throws UpstreamError `unavailable` when the registry is not configured */
  readonly writeOf: (service: Service) => Write;
  readonly conclude: (service: Service, intent: Intent, outcome: WriteOutcome) => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Starts the loop; `close` stops it after the writes under way. */
export function finishPending(options: FinishOptions): { close(): Promise<void> } {
  const { store, metrics, log } = options;
  const closing = new AbortController();
  const looking = noteOutages(log, {
    begins: 'pending writes cannot be looked at',
    ends: 'pending writes are looked at again',
  });

  async function finishDue(): Promise<void> {
    let taken: readonly (LeasedWrite | UnreadableWrite)[];
    do {
      taken = await store.take(AT_ONCE, LEASE);
      await Promise.all(taken.map((one) => finish(options, one)));
    } while (taken.length === AT_ONCE && !closing.signal.aborted);
    const { count, oldestSeconds } = await store.pending();
    metrics.writesPending.set(count);
    metrics.writesOldestPendingSeconds.set(oldestSeconds);
  }

  async function run(): Promise<void> {
    let prunedAt = Number.NEGATIVE_INFINITY;
    while (!closing.signal.aborted) {
      try {
        await finishDue();
        looking.worked();
        if (performance.now() - prunedAt > PRUNE_EVERY) {
          await store.prune();
          prunedAt = performance.now();
        }
      } catch (error) {
        looking.failed(error);
      }
      await wait(INTERVAL, undefined, { signal: closing.signal }).catch(() => {});
    }
  }

  const running = run();
  return {
    async close() {
      closing.abort();
      await running;
    },
  };
}

async function finish(options: FinishOptions, taken: LeasedWrite | UnreadableWrite): Promise<void> {
  const { store, log } = options;
  if ('error' in taken) {
    log.error({ err: taken.error, write: taken.id }, 'a pending write cannot be read');
    return store.postpone(taken.id, LONGEST_PAUSE);
  }
  const { intent, asked } = taken;
  try {
    if (await resolveOutcome(options, intent)) {
      log.info({ write: intent.id, service: intent.asker.service }, 'a pending write is settled');
      return;
    }
  } catch (error) {
    if (error instanceof AlreadySettled) return;
    log.warn({ err: error, write: intent.id, service: intent.asker.service }, 'a write stays pending');
  }
  await store.postpone(intent.id, pauseAfter(asked));
}

/** @returns false when the write stays pending */
async function resolveOutcome(
  { store, catalog, writeOf, conclude }: FinishOptions,
  intent: Intent,
): Promise<boolean> {
  const { id, asker, request } = intent;
  const service = catalog().services.get(asker.service);
  if (!service) throw new Error(`there is no service ${asker.service} any more`);
  const write = writeOf(service);
  const question = callOf({ ...intent, id: randomUUIDv7() }, ASK_DEADLINE);
  const known = await write.outcome(id, request as never, question);
  if (known.state !== 'unknown') {
    await conclude(service, intent, known);
    return true;
  }
  if (!write.deduplicates) return false;
  let outcome: WriteOutcome;
  try {
    outcome = await write.perform(request as never, callOf(intent, service.deadline));
  } catch (error) {
    // `unavailable`: the request was not sent this time, but the first attempt may have sent it.
    if (!isCertain(error) || error.failure === 'unavailable') throw error;
    const { status, code } = upstreamProblem(error);
    await store.release(id, entryOf(asker, status, code));
    return true;
  }
  await conclude(service, intent, outcome);
  return true;
}

/** Milliseconds: doubles with each question, with jitter so that writes do not all come at the same time. */
function pauseAfter(asked: number): number {
  return Math.min(LONGEST_PAUSE, 1000 * 2 ** Math.min(asked - 1, 20)) * (0.75 + Math.random() / 2);
}
