/**
 * The port of a sink: what takes change events to their destinations. `changes/sinks/sinks.ts` has every sink in one array. The
 * relay, replays, the backlog, leaders, endings, health and metrics iterate over that array, and know no sink by its name.
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
   * Who is to receive events now. MUST return the same object for a subscriber for as long as nothing changes of what it
   * receives: another object restarts its subscription loop.
   */
  subscribers(): readonly Subscriber[] | Promise<readonly Subscriber[]>;
  /** How far each subscriber has come. MUST be durable. */
  readonly cursors: CursorStore;
  /** Renders changes for a grant; the loops of one agreement may share it. */
  rendererOf(grant: StreamGrant): Renderer;

  // The leader
  /** Called on every change of leadership of this replica. */
  onLeader(leads: boolean): void;
  /** What the leader does beside relaying, until the leadership ends. MUST NOT reject. */
  keep?(leadership: Leadership): Promise<void>;

  // Measures, every few seconds on every replica
  /** How far the sink is behind, by registry. Rejects with what PostgreSQL says. */
  backlog(): Promise<readonly Backlog[]>;
  /** What the log says while this sink cannot be measured; absent: what it says of all of them. */
  readonly measuring?: OutageMessages;

  // Metrics
  /** Every `reason` with which the transport refuses an event for good. */
  readonly refusals: readonly string[];
  /** Every outcome of a delivery that the sink counts (`lienthong_webhook_deliveries_total`). */
  readonly outcomes?: readonly string[];
  /** Every reason for which a destination may lose what it held (`lienthong_kafka_topics_lost_total`). */
  readonly losses?: readonly string[];

  // Health
  /** Members of the readiness document. None makes a replica unready. */
  readonly checks: readonly SinkCheck[];

  // Endings
  /** Destinations that go when a grant goes; absent: there is nothing to remove. */
  readonly removals?: Removals;

  // Copies
  /** `true`: a copy that was made goes on from the destination, so snapshots and digests name it (`copies/position.ts`). */
  readonly continuesCopies?: boolean;

  /** Forgets what is too old. Called every few minutes on every replica; MAY be called again. */
  prune?(): Promise<void>;
}

/**
 * Delivers events to destinations. A destination is what the sink's cursors call it: a topic, a subscription.
 *
 * - `open` MUST leave an existing destination as it is, and MAY be called again, also while it is under way: a relay that stops
 *   does not wait for it.
 * - `send` MUST NOT resolve before every event is stored so that the loss of any one machine cannot undo it, except the
 *   events that it returns as refused.
 * - `send` MUST keep the order of events with the same `subject`: none MUST be sent before the one ahead of it is
 *   acknowledged, or refused for good. It MAY send an event twice, and MUST NOT leave one out.
 * - `send` MUST return as refused only what would be refused again however often it is sent. That goes to the dead
 *   letters and the rest goes on; what may yet be taken is tried again.
 * - `send` MUST keep trying while the fence is held (see {@link Fence}), or throw {@link Postponed}; once the lease is gone it
 *   MUST send nothing more, and reject.
 * - Trouble with one destination MUST NOT delay another.
 * - `send` MUST NOT be called for a destination while a call for the same one is under way.
 */
export interface Transport {
  /** Events that `send` takes at once; `undefined`: as many as come. */
  readonly maxEvents?: number;
  /** Milliseconds that a `send` under way has to finish when the process closes; 5,000 by default. */
  readonly drain?: number;
  /** `true`: nothing is sent before the cursor of what was sent before is stored. */
  readonly stepwise?: boolean;
  /**
   * Milliseconds from one `send` to the next for a destination that keeps up: what comes in between goes together. What
   * comes after a longer silence goes at once. Absent: nothing is gathered.
   */
  batchWindow?(): number;
  open(destination: string): Promise<void>;
  /** @returns what was refused for good; empty: everything was taken */
  send(destination: string, events: readonly ChangeEvent[], fence: Fence): Promise<readonly Refused[]>;
  /** `false`: nothing can be sent at present; with a destination, not there. */
  up(destination?: string): boolean;
  /** Nothing is sent any more. Never rejects. */
  close(): Promise<void>;
}

export interface Refused {
  readonly event: ChangeEvent;
  /** A fixed word (`too_large`): it is a label of metrics, and never text of the other side. */
  readonly reason: string;
}

export interface Backlog {
  readonly registry: string;
  /** Changes that are kept and that the slowest of the registry's streams has not looked at yet. */
  readonly depth: number;
  /**
   * The same of the middle one of the streams; streams that have not begun yet are not counted. Past a limit pushes are
   * refused (`changes/backlog/backlog-gate.ts`). Absent: this sink refuses nobody's push.
   */
  readonly typical?: number;
  /** Age of the oldest of them; 0: none. */
  readonly oldestSeconds: number;
}

/** One member of the readiness document. `operators/health/dependencies.ts` says what the words mean. */
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
   * Destinations of these agreements that go when `after` takes the place of `before`. MUST decide as the sink decides later,
   * so that nothing else happens than what was announced. Rejects with what PostgreSQL says.
   * @param now milliseconds since the epoch
   */
  announce(
    before: Catalog,
    after: Catalog,
    agreements: ReadonlySet<string>,
    now: number,
  ): Promise<readonly Removal[]>;
  /** Destinations that wait for a grant to come back. Rejects with what PostgreSQL says. */
  held(): Promise<readonly Omit<Removal, 'reason'>[]>;
}

/** One destination, and when it goes: milliseconds since the epoch. */
export interface Removal {
  readonly agreement: string;
  readonly reason: EndingReason;
  readonly at: number;
  readonly destination: string;
}

/** Not now: the cursor says from when on. Nothing is kept in memory until then. */
export class Postponed extends Error {
  override readonly name = 'Postponed';
}

/** The destination takes nothing any more. */
export class Closed extends Error {
  override readonly name = 'Closed';
}
