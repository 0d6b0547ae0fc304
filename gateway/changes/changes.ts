/**
 * THE EVENT FLOW. The gateway takes a change in, stores it, and delivers it to every agreement that is granted something of it.
 * Files are named from this folder.
 *
 *     sources/pollers.ts     read the journals of registries whose providers do not push (poll.ts), and store the changes
 *     ../writes/writes.ts    changes that agencies made through the gateway
 *     intake/intake.ts       check the batch (check.ts), compare it with the known states (known.ts, judge.ts), store it (append.ts)
 *        │
 *     outbox/outbox.ts       the stored changes; notifications.ts notifies their readers, prune.ts keeps them for some days
 *        │
 *     run-sinks.ts           for each sink one leader (relay/lease.ts)
 *     relay/relay.ts         a loop for each subscriber (subscriber.ts, subscription-loop.ts), with its cursor (cursors.ts)
 *        │                   a change is rendered for an agreement (render/render.ts) as a CloudEvent (render/event.ts,
 *        │                   relay/batch.ts), and recorded as evidence
 *     relay/sink.ts          the port of a sink; sinks/sinks.ts has every sink in one array
 *                            sinks/kafka/open-kafka.ts: a topic for each agreement, entity and generation
 *                            sinks/webhooks/webhooks.ts: signed deliveries to the addresses of subscribers
 *                            an event that a sink refuses for good goes to relay/dead-letters.ts; replays send events again
 *                            (replay/ask-replay.ts, replay/plan-replay.ts, relay/replay.ts)
 *
 *     feed/feed.ts           the same events by pages or as a stream, for systems that ask (feed-reader.ts)
 */

import type { Stream } from '../catalog/catalog.ts';
import type { Announcer, Ending, Follower } from '../catalog/live/live.ts';
import type { Config } from '../config/config.ts';
import type { EvidenceEntry } from '../evidence/evidence.ts';
import { every } from '../runtime/every.ts';
import { createBacklogGate } from './backlog/backlog-gate.ts';
import type { PushedBatch } from './change.ts';
import { endingsOf, heldNow } from './endings.ts';
import { createFeed, type Feed } from './feed/feed.ts';
import { ensureStreams } from './intake/append.ts';
import {
  type PartlyTakenIn,
  type PublicationWithout,
  type TakenIn,
  takeIn,
  takeInWhatFits,
} from './intake/intake.ts';
import { createIntakeSlots } from './intake/intake-slots.ts';
import type { Publisher } from './intake/judge.ts';
import { unitsOf } from './intake/units.ts';
import { notifyReaders } from './outbox/notifications.ts';
import { type Outbox, openOutbox } from './outbox/outbox.ts';
import { prune } from './outbox/prune.ts';
import { type ListedDeadLetter, listDeadLetters, pruneDeadLetters } from './relay/dead-letters.ts';
import { openReplays, type Replays } from './relay/replay.ts';
import type { SinkCheck } from './relay/sink.ts';
import type { SinkParts } from './relay/sink-parts.ts';
import { createSharedRenderer } from './render/rendered-events.ts';
import { type AskReplay, createAskReplay } from './replay/ask-replay.ts';
import { runSinks, type SinkStatus } from './run-sinks.ts';
import { type AllSinkParts, type OpenSinks, openSinks, sinkNames } from './sinks/sinks.ts';
import { createWebhooks, type WebhookParts, type Webhooks } from './sinks/webhooks/webhooks.ts';
import type { PollSource } from './sources/poll.ts';
import { createPollers, type Pollers } from './sources/pollers.ts';
import { pruneRefused } from './sources/refused.ts';

const MEASURE_EVERY = 2000;
const PRUNE_EVERY = 10 * 60_000;

const PRUNING = { begins: 'the outbox cannot be pruned', ends: 'the outbox is pruned again' };
const MEASURING = { begins: 'the backlog cannot be measured', ends: 'the backlog is measured again' };

export interface ChangesOptions extends Omit<SinkParts, 'renderOnce' | 'graces' | 'now' | 'config'> {
  /** The address of a direct or session-mode connection, which LISTEN needs. */
  readonly databaseUrl: string;
  /** Without grace times a destination is removed as soon as its grant is gone. */
  readonly config: SinkParts['config'] & Pick<Config, 'outboxRetentionDays' | 'outboxMaxBacklog'>;
  /** Registries that are polled. */
  readonly sources?: readonly PollSource[];
  /** Opens the sinks. Absent: all sinks of the gateway; tests pass their own. */
  readonly openSinks?: (parts: AllSinkParts) => Promise<OpenSinks>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Absent: there are no webhooks. */
  readonly webhooks?: WebhookParts;
}

export interface Changes {
  /**
   * Resolves when the batch is committed. Superseded versions count as accepted.
   * @param stream of the catalogue that was live when the call began
   * @param batch its envelope valid by `changes-publish.request.schema.json`
   * @param publication the evidence of the batch, committed with it
   * @param publisher by default one without a scope
   * @throws Problem `contract_violation`, `change_conflict`, `store_unavailable`, `overloaded`
   */
  publish(
    stream: Stream,
    batch: PushedBatch,
    publication: EvidenceEntry,
    publisher?: Publisher,
  ): Promise<TakenIn>;
  /**
   * Publishes a batch change by change: a refused change does not refuse the others.
   * @param skipped indexes of changes that are refused already
   * @throws Problem `store_unavailable`, `overloaded`
   */
  publishWhatFits(
    stream: Stream,
    batch: PushedBatch,
    skipped: ReadonlySet<number>,
    publicationWithout: PublicationWithout,
    publisher: Publisher,
  ): Promise<PartlyTakenIn>;
  readonly feed: Feed;
  readonly webhooks: Webhooks | undefined;
  /** The functions of the operators' port. */
  readonly operations: {
    readonly ask: AskReplay;
    readonly replays: Replays;
    readonly deadLetters: (destination: string | undefined, limit: number) => Promise<ListedDeadLetter[]>;
    /** Names of all sinks, also of those that are not configured. */
    readonly sinkNames: readonly string[];
  };
  /** The outboxes by registry. */
  readonly outboxes: ReadonlyMap<string, Outbox>;
  readonly sinks: readonly SinkStatus[];
  /** Members of the readiness document, of every sink. */
  readonly checks: readonly SinkCheck[];
  /** Is there a sink from whose destinations a copy can go on? */
  readonly continuesCopies: boolean;
  /** Opens outboxes for the registries of the next catalogue. The relay finds the new grants itself. */
  readonly follow: Follower;
  /** The endings that one catalogue in place of another brings. Rejects when PostgreSQL cannot be asked. */
  readonly endings: Announcer;
  /** Destinations that are held because their grant has ended, was narrowed or is gone. Rejects when PostgreSQL cannot be asked. */
  held(): Promise<Ending[]>;
  /** The registries that are polled, and whether their pollers work. */
  readonly polls: Pick<Pollers, 'registries' | 'status'>;
  /** Starts relaying, polling, measuring and pruning. */
  start(): void;
  /** Finishes the batches in flight, releases the leases, disconnects. */
  close(): Promise<void>;
}

export async function createChanges(options: ChangesOptions): Promise<Changes> {
  const { pool, databaseUrl, catalog, secrets, revocations, evidence, metrics, log, config } = options;
  const { now = Date.now } = options;
  const { publicUrl, graces = { absent: 0, stated: 0 } } = config;
  // A registry that leaves the catalogue keeps its outbox, so that its stored changes are still pruned.
  const outboxes = new Map<string, Outbox>();
  const addRegistries: Follower = async ({ streams }) => {
    const added = [...streams.values()]
      .map(({ registry }) => registry)
      .filter((registry) => !outboxes.has(registry));
    if (added.length > 0) await ensureStreams(pool, added);
    return () => {
      for (const registry of added) outboxes.set(registry, openOutbox(pool, registry));
    };
  };
  const apply = await addRegistries(catalog());
  apply();
  const renderOnce = createSharedRenderer(secrets, publicUrl);
  const webhooks =
    options.webhooks && createWebhooks({ ...options, parts: options.webhooks, renderOnce, graces, now });
  const { openSinks: open = openSinks } = options;
  const { sinks, off } = await open({ ...options, renderOnce, graces, now, webhooks });
  const gate = createBacklogGate(config.outboxMaxBacklog);
  const pollers = createPollers({ pool, catalog, metrics, log, sources: options.sources ?? [] });
  const replays = openReplays(pool, evidence);
  const running = runSinks({
    ...{ sinks, pool, outboxes, replays, revocations, evidence, metrics, now, log },
    onMeasured: gate.measured,
  });
  const held = () => heldNow(sinks, catalog(), now());
  const slots = createIntakeSlots();
  const stops: (() => Promise<void>)[] = [];

  /** Sets the metric of the earliest removal of each agreement. */
  async function measureHeld(): Promise<void> {
    const ends = await held();
    metrics.removalTimestamp.reset();
    for (const { agreement, at } of ends.toReversed()) {
      metrics.removalTimestamp.set({ agreement }, Date.parse(at) / 1000);
    }
  }

  async function measure(): Promise<void> {
    await pollers.measure();
    await measureHeld();
    for (const sink of running) if (!sink.measuring) await sink.measure();
  }

  async function pruneAll(): Promise<void> {
    for (const registry of outboxes.keys()) {
      const removed = await prune(pool, registry, config.outboxRetentionDays);
      if (removed > 0) log.info({ registry, removed }, 'the outbox was pruned');
    }
    await pruneDeadLetters(pool);
    for (const sink of sinks) await sink.prune?.();
    await pruneRefused(pool);
  }

  const intake = { pool, evidence, units: unitsOf(config.provinceOfCommune ?? {}) };

  async function take<T extends TakenIn>({ registry }: Stream, work: () => Promise<T>): Promise<T> {
    gate.pass(registry);
    const taken = await slots.take(registry, work);
    metrics.changesAccepted.inc({ registry }, taken.accepted);
    metrics.changesDuplicate.inc({ registry }, taken.duplicates);
    return taken;
  }

  return {
    publish: (stream, batch, publication, publisher) =>
      take(stream, () => takeIn(intake, stream, batch, publication, publisher)),
    publishWhatFits: (stream, batch, skipped, publicationWithout, publisher) =>
      take(stream, () => takeInWhatFits(intake, stream, batch, skipped, publicationWithout, publisher)),
    feed: createFeed({ pool, outboxes, secrets, publicUrl, renderOnce }),
    webhooks,
    operations: {
      ask: createAskReplay({ pool, sinks, outboxes, replays }),
      replays,
      deadLetters: (destination, limit) => listDeadLetters(pool, destination, limit),
      sinkNames,
    },
    outboxes,
    sinks: running.map(({ status }) => status),
    checks: [
      ...sinks.flatMap(({ checks }) => checks),
      ...off.map(({ name }) => ({ name, check: () => ({ status: 'off' }) as const })),
    ],
    continuesCopies: sinks.some(({ continuesCopies }) => continuesCopies),
    follow: addRegistries,
    endings: (before, after) => endingsOf(sinks, before, after, now()),
    held,
    polls: pollers,
    start() {
      stops.push(notifyReaders({ pool, databaseUrl, outboxes, log }));
      stops.push(every(PRUNE_EVERY, PRUNING, pruneAll, log));
      stops.push(every(MEASURE_EVERY, MEASURING, measure, log));
      for (const sink of running) {
        if (sink.measuring) stops.push(every(MEASURE_EVERY, sink.measuring, sink.measure, log));
      }
      stops.push(() => pollers.close());
      pollers.start();
      for (const { notice } of off) log.warn(notice);
      for (const sink of running) stops.push(sink.lead());
    },
    async close() {
      for (const stop of stops.reverse()) await stop();
      for (const { transport } of sinks) await transport.close();
    },
  };
}
