/**
 * Step 4 of the event flow: the leader of a sink runs a subscription loop for each subscriber, from the outbox to its destination.
 *
 * `sequence` counts the events of one subscriber and continues over generations, takeovers and restarts. The loop stores it with
 * the cursor, after the events were sent; so the next leader sends the same changes with the same numbers. A skipped number means
 * a dead letter, or changes that were pruned before they were sent.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EvidenceLog } from '../../evidence/evidence.ts';
import type { RevocationCheck } from '../../identity/revocations.ts';
import type { Pool } from '../../store/pool.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { noteOutages } from '../../telemetry/note-outages.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { createBatchRenderer } from './batch.ts';
import { type CursorBook, openCursorBook } from './cursors.ts';
import type { Leadership } from './lease.ts';
import type { Replays } from './replay.ts';
import type { ChangeSink } from './sink.ts';
import { mayReceive, type Subscriber } from './subscriber.ts';
import { runSubscriptionLoop } from './subscription-loop.ts';

/** How often the leader reads its subscribers anew: the catalogue is swapped, agreements begin and end. */
const LOOK_EVERY = 500;

export interface RelayOptions {
  readonly pool: Pool;
  readonly outboxes: ReadonlyMap<string, Outbox>;
  readonly sink: ChangeSink;
  readonly replays: Pick<Replays, 'pending' | 'perform'>;
  readonly revocations: RevocationCheck;
  readonly evidence: EvidenceLog;
  readonly metrics: Pick<Metrics, 'deadLetters'>;
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * Relays until the leadership ends. Stops the loop of a subscriber that is gone, has changed or may receive nothing any more;
 * starts one for each subscriber that is new or has changed.
 */
export async function relay(options: RelayOptions, leadership: Leadership): Promise<void> {
  const { sink, revocations, now, log } = options;
  const { epoch, abandon } = leadership;
  const book = openCursorBook({ pool: options.pool, cursors: sink.cursors, epoch, onFenced: abandon });
  const over = AbortSignal.any([leadership.signal, leadership.closing]);
  const loops = new Map<string, RunningLoop>();
  const looking = noteOutages(log, {
    begins: 'the subscribers cannot be looked at',
    ends: 'the subscribers are looked at again',
  });
  const replaying = noteOutages(log, {
    begins: 'a replay cannot be performed; trying again',
    ends: 'replays are performed again',
  });

  async function replay(): Promise<void> {
    for (const one of await options.replays.pending(sink.name)) {
      const loop = loops.get(one.subscriber);
      if (loop) {
        await loop.stop();
        loops.delete(one.subscriber);
        // A move of the cursor that is still under way would undo the replay.
        await book.drained(loop.subscriber);
      }
      if (over.aborted) return;
      await options.replays.perform(one, sink.cursors, epoch);
      log.info({ replay: one.id, sink: one.sink, subscriber: one.subscriber }, 'a replay begins');
    }
  }

  async function look(): Promise<void> {
    const wanted = new Map<string, Subscriber>();
    for (const subscriber of await sink.subscribers()) {
      if (mayReceive(subscriber, revocations, now())) wanted.set(subscriber.key, subscriber);
    }
    const gone = [...loops].filter(([key, loop]) => wanted.get(key) !== loop.subscriber || loop.aborted());
    await Promise.all(gone.map(([, loop]) => loop.stop()));
    for (const [key] of gone) loops.delete(key);
    if (over.aborted) return;
    await replay().then(replaying.worked, replaying.failed);
    if (over.aborted) return;
    for (const [key, subscriber] of wanted) {
      if (!loops.has(key)) loops.set(key, startLoop(options, subscriber, book, leadership));
    }
  }

  // At once, not only at the next look: nothing is sent after a revocation.
  const forget = revocations.onRevoked(({ kind }) => {
    if (kind === 'token') return; // no subscriber is one
    for (const { subscriber, abort } of loops.values()) {
      if (!mayReceive(subscriber, revocations, now())) abort();
    }
  });
  while (!over.aborted) {
    await look().then(looking.worked, looking.failed);
    await wait(LOOK_EVERY, undefined, { signal: over }).catch(() => {});
  }
  forget();
  await Promise.all([...loops.values()].map((loop) => loop.done));
}

interface RunningLoop {
  readonly subscriber: Subscriber;
  readonly done: Promise<void>;
  /** Stops at once, also in the middle of a batch. */
  abort(): void;
  aborted(): boolean;
  stop(): Promise<void>;
}

function startLoop(
  options: RelayOptions,
  subscriber: Subscriber,
  book: CursorBook,
  leadership: Leadership,
): RunningLoop {
  const { sink, revocations, metrics } = options;
  const { key, registry, agreement, grants } = subscriber;
  const outbox = options.outboxes.get(registry);
  if (!outbox) throw new Error(`registry ${registry} has no outbox`);
  const removed = new AbortController();
  const signal = AbortSignal.any([leadership.signal, removed.signal]);
  const stopping = AbortSignal.any([signal, leadership.closing]);
  setMaxListeners(0, signal, stopping);
  const done = runSubscriptionLoop({
    ...options,
    subscriber,
    outbox,
    book,
    stopping,
    render: createBatchRenderer(grants, sink.rendererOf),
    epoch: leadership.epoch,
    maySend: () => revocations.fresh(),
    onFenced: leadership.abandon,
    onRefused: ({ reason }) => metrics.deadLetters.inc({ sink: sink.name, reason }),
    fence: { signal, held: () => !signal.aborted && leadership.held() },
    log: options.log.child({ agreement: agreement.number, subscriber: key }),
  });
  const abort = () => removed.abort();
  return {
    subscriber,
    done,
    abort,
    aborted: () => removed.signal.aborted,
    async stop() {
      abort();
      await done;
    },
  };
}
