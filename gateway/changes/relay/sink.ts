/**
 * The port of a sink, which takes change events to their destinations. `sinks/sinks.ts` has every sink in one array. The relay,
 * replays, the backlog, leaders, endings, health and metrics iterate over that array, and know no sink by its name.
 */
import type { Catalog, StreamGrant } from '../../catalog/catalog.ts';
import type { EndingReason } from '../../catalog/diff/endings.ts';
import type { Ending } from '../../catalog/live/live.ts';
import type { OutageMessages } from '../../telemetry/note-outages.ts';
import type { ChangeEvent, Renderer } from '../render/event.ts';
import type { CursorStore } from './cursors.ts';
import type { Fence } from './fence.ts';
import type { Leadership } from './lease.ts';
import type { Subscriber } from './subscriber.ts';

/** One sink, open. Every replica opens it; the replica that holds the sink's lease relays to it. */
export interface ChangeSink {
  /** `kafka`, `webhook`: in metrics, dead letters, replays and the name of the lease. MUST stay the same over releases. */
  readonly name: string;

  // The relay
  readonly transport: Transport;
  /**
   * The subscribers of this moment. MUST return the same object for a subscriber for as long as its grants stay the same: another
   * object restarts its subscription loop.
   */
  subscribers(): readonly Subscriber[] | Promise<readonly Subscriber[]>;
  /** The cursor of each subscriber. MUST be durable. */
  readonly cursors: CursorStore;
  /** Renders changes for a grant; the loops of one agreement may share it. */
  rendererOf(grant: StreamGrant): Renderer;

  // The leader
  /** Called on every change of leadership of this replica, for a gauge of the sink's own. */
  onLeader?(leads: boolean): void;
  /** Other work of the leader, beside relaying, until the leadership ends. MUST NOT reject. */
  keep?(leadership: Leadership): Promise<void>;

  // Measures, every few seconds on every replica
  /** By registry. Rejects with PostgreSQL's error. */
  backlog(): Promise<readonly Backlog[]>;
  /** Log messages of this sink for an outage of its measuring; absent: the sink is measured with the others. */
  readonly measuring?: OutageMessages;

  // Metrics
  /** Every `reason` with which the transport refuses an event for good. */
  readonly refusals: readonly string[];
  /** Every outcome of a delivery that the sink counts (`lienthong_webhook_deliveries_total`). */
  readonly outcomes?: readonly string[];
  /** Every reason for which a destination may lose its events (`lienthong_kafka_topics_lost_total`). */
  readonly losses?: readonly string[];

  // Health
  /** Members of the readiness document. None makes a replica unready. */
  readonly checks: readonly SinkCheck[];

  // Endings
  /** Destinations that are removed when their grant ends; absent: this sink removes none. */
  readonly removals?: Removals;

  // Copies
  /** `true`: a copy can go on from the destination, so snapshots and digests name it (`copies/position.ts`). */
  readonly continuesCopies?: boolean;

  /** Deletes old rows of the sink. Called every few minutes on every replica. */
  prune?(): Promise<void>;
}

/**
 * Delivers events to destinations, which the sink's cursors name: a topic, a subscription.
 *
 * - `open` MUST leave an existing destination as it is. It MAY be called again, also while a call is under way: a relay that
 *   stops does not wait for it.
 * - `send` MUST NOT resolve before every event is stored so that the loss of any one machine cannot undo it, except the
 *   events that it returns as refused.
 * - `send` MUST keep the order of events with the same `subject`: none MUST be sent before the one ahead of it is
 *   acknowledged, or refused for good. It MAY send an event twice, and MUST NOT leave one out.
 * - `send` MUST return an event as refused only if every further attempt would be refused too. Refused events become dead letters;
 *   `send` tries all others again.
 * - `send` MUST keep trying while the fence is held (see {@link Fence}), or throw {@link Postponed}; once the lease is gone it
 *   MUST send nothing more, and reject. After any other error the loop begins again at the stored cursor, after a pause.
 * - Trouble with one destination MUST NOT delay another.
 * - `send` MUST NOT be called for a destination while a call for the same one is under way.
 */
export interface Transport {
  /** Events that `send` takes in one call; absent: no limit. */
  readonly maxEvents?: number;
  /** Milliseconds that a `send` under way has to finish when the process closes; 5,000 by default. */
  readonly drain?: number;
  /** `true`: the next batch is sent only after the cursor of the last one is stored. */
  readonly stepwise?: boolean;
  /**
   * Milliseconds from one `send` to the next for a destination that keeps up (`batch-window.ts`). After a longer silence an event
   * is sent at once. Absent: there is no window.
   */
  batchWindow?(): number;
  open(destination: string): Promise<void>;
  /** @returns the events that were refused for good */
  send(destination: string, events: readonly ChangeEvent[], fence: Fence): Promise<readonly Refused[]>;
  /** `false`: nothing can be sent at present, to this destination or, without one, to any. */
  up(destination?: string): boolean;
  /** Ends all sending. Never rejects. */
  close(): Promise<void>;
}

export interface Refused {
  readonly event: ChangeEvent;
  /** A fixed word (`too_large`): it is a label of metrics, and never text of the other side. */
  readonly reason: string;
}

export interface Backlog {
  readonly registry: string;
  /** Changes in the outbox that the slowest of the registry's streams has not passed yet. */
  readonly depth: number;
  /**
   * The same for the median of the streams, without those that have not begun yet. Past a limit pushes are refused
   * (`backlog/backlog-gate.ts`). Absent: this sink causes no refusals.
   */
  readonly typical?: number;
  /** Age of the oldest change in `depth`; 0: none. */
  readonly oldestSeconds: number;
}

/** One member of the readiness document. `operators/health/dependencies.ts` explains `patience` and `through`. */
export interface SinkCheck {
  readonly name: string;
  readonly patience?: number;
  readonly through?: string;
  check(): CheckedSink | Promise<CheckedSink>;
}

interface CheckedSink {
  readonly status: 'up' | 'down' | 'off' | 'unknown';
  readonly reason?: string | undefined;
  readonly names?: readonly string[];
}

export interface Removals {
  /** The member of an {@link Ending} in which the destinations are listed. */
  readonly member: 'topics' | 'webhooks';
  /**
   * Destinations of these agreements that are removed when `after` replaces `before`. MUST decide as the sink itself decides later,
   * so that the removals are those that were announced. Rejects with PostgreSQL's error.
   * @param now milliseconds since the epoch
   */
  announce(
    before: Catalog,
    after: Catalog,
    agreements: ReadonlySet<string>,
    now: number,
  ): Promise<readonly Removal[]>;
  /** Destinations that wait for a grant to come back. Rejects with PostgreSQL's error. */
  held(): Promise<readonly Omit<Removal, 'reason'>[]>;
}

/** A destination, and when it will be removed: milliseconds since the epoch. */
export interface Removal {
  readonly agreement: string;
  readonly reason: EndingReason;
  readonly at: number;
  readonly destination: string;
}

/** The batch is to be sent later, at the time in the cursor's row. Nothing is kept in memory until then. */
export class Postponed extends Error {
  override readonly name = 'Postponed';
}

/** The destination accepts no events any more. */
export class Closed extends Error {
  override readonly name = 'Closed';
}
