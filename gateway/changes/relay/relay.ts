/**
 * Step 4 of the event flow: the leader of a sink takes its subscribers from the outbox to their destinations.
 *
 * `sequence` counts the events of one subscriber and goes on over generations, takeovers and restarts. It is stored with
 * the cursor, after the events were sent; whoever goes on from that cursor tells the same changes with the same numbers.
 * A number that was skipped means changes that the outbox no longer had, or a dead letter.
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
import { createTellBatch } from './batch.ts';
import { type CursorBook, openCursorBook } from './cursors.ts';
import type { Leadership } from './lease.ts';
import type { Replays } from './replay.ts';
import type { ChangeSink } from './sink.ts';
import { mayBeTold, type Subscriber } from './subscriber.ts';
import { runLane } from './subscription-loop.ts';

/** How often the leader looks whom to tell: the catalogue is swapped, agreements begin and end. */
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
 * Relays until the leadership ends. A subscriber that is gone, may not be told any more, or is granted something else
 * stops; one that is new, or changed, begins.
 */
export async function relay(options: RelayOptions, leadership: Leadership): Promise<void> {
  const { sink, revocations, now, log } = options;
  const { epoch, abandon } = leadership;
  const book = openCursorBook({ pool: options.pool, cursors: sink.cursors, epoch, onFenced: abandon });
  const over = AbortSignal.any([leadership.signal, leadership.closing]);
  const lanes = new Map<string, RunningLane>();
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
      const lane = lanes.get(one.subscriber);
      if (lane) {
        await lane.stop();
        lanes.delete(one.subscriber);
        // A move that is under way would undo what follows.
        await book.settled(lane.subscriber);
      }
      if (over.aborted) return;
      await options.replays.perform(one, sink.cursors, epoch);
      log.info({ replay: one.id, sink: one.sink, subscriber: one.subscriber }, 'a replay begins');
    }
  }

  async function look(): Promise<void> {
    const wanted = new Map<string, Subscriber>();
    for (const subscriber of await sink.subscribers()) {
      if (mayBeTold(subscriber, revocations, now())) wanted.set(subscriber.key, subscriber);
    }
    const gone = [...lanes].filter(([key, lane]) => wanted.get(key) !== lane.subscriber || lane.aborted());
    await Promise.all(gone.map(([, lane]) => lane.stop()));
    for (const [key] of gone) lanes.delete(key);
    if (over.aborted) return;
    await replay().then(replaying.worked, replaying.failed);
    if (over.aborted) return;
    for (const [key, subscriber] of wanted) {
      if (!lanes.has(key)) lanes.set(key, startLane(options, subscriber, book, leadership));
    }
  }

  // Not only at the next look: what is revoked is not sent any more, also while a look is under way.
  const forget = revocations.onRevoked(({ kind }) => {
    if (kind === 'token') return; // no subscriber is one
    for (const { subscriber, abort } of lanes.values()) {
      if (!mayBeTold(subscriber, revocations, now())) abort();
    }
  });
  while (!over.aborted) {
    await look().then(looking.worked, looking.failed);
    await wait(LOOK_EVERY, undefined, { signal: over }).catch(() => {});
  }
  forget();
  await Promise.all([...lanes.values()].map((lane) => lane.done));
}

interface RunningLane {
  readonly subscriber: Subscriber;
  readonly done: Promise<void>;
  /** At once: what its agreement no longer grants is not tried any further. */
  abort(): void;
  aborted(): boolean;
  stop(): Promise<void>;
}

function startLane(
  options: RelayOptions,
  subscriber: Subscriber,
  book: CursorBook,
  leadership: Leadership,
): RunningLane {
  const { sink, revocations, metrics } = options;
  const { key, registry, agreement, grants } = subscriber;
  const outbox = options.outboxes.get(registry);
  if (!outbox) throw new Error(`registry ${registry} has no outbox`);
  const removed = new AbortController();
  const signal = AbortSignal.any([leadership.signal, removed.signal]);
  const stopping = AbortSignal.any([signal, leadership.closing]);
  setMaxListeners(0, signal, stopping);
  const done = runLane({
    ...options,
    subscriber,
    outbox,
    book,
    stopping,
    tell: createTellBatch(grants, sink.tellOf),
    epoch: leadership.epoch,
    mayTell: () => revocations.fresh(),
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
