/** The port of whatever takes change events: Kafka, webhooks. */
import type { ChangeEvent } from '../render/event.ts';

/**
 * A destination is what the sink's cursors call it: a topic, a subscription.
 *
 * - `open` MUST leave an existing destination as it is, and MAY be called again, also while it is under way: whoever stops does not
 *   wait for it.
 * - `send` MUST NOT resolve before every event is stored so that the loss of any one machine cannot undo it, except
 *   those that it returns as refused.
 * - `send` MUST keep the order of events with the same `subject`: none MUST be sent before the one ahead of it is
 *   acknowledged, or refused for good. It MAY send an event twice, and MUST NOT leave one out.
 * - `send` MUST return as refused only what would be refused again however often it is sent. That goes to the dead
 *   letters and the rest goes on; what may yet be taken is tried again.
 * - `send` MUST keep trying while it is held (see {@link Fence}), or throw {@link Postponed}; once the lease is gone it
 *   MUST send nothing more, and reject.
 * - Trouble with one destination MUST NOT delay another.
 * - `send` MUST NOT be called for a destination while a call for the same one is under way.
 */
export interface ChangeSink {
  /** Names the sink in metrics, dead letters and replays: `kafka`, `webhook`. */
  readonly name: string;
  /** Every `reason` of what it refuses for good. */
  readonly refusals: readonly string[];
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
  gather?(): number;
  open(destination: string): Promise<void>;
  /** @returns what was refused for good; empty: everything was taken */
  send(destination: string, events: readonly ChangeEvent[], fence: Fence): Promise<readonly Refused[]>;
  /** `false`: nothing can be sent at present; with a destination, not there. */
  up(destination?: string): boolean;
  close(): Promise<void>;
}

export interface Refused {
  readonly event: ChangeEvent;
  /** A fixed word (`too_large`): it is a label of metrics, and never text of the other side. */
  readonly reason: string;
}

/** May the holder of a lease still act? Ask before every act that others can see. */
export interface Fence {
  held(): boolean;
  /** Aborts when the lease is gone. */
  readonly signal: AbortSignal;
}

/** The lease is gone; somebody else goes on. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

/** Not now: the cursor says from when on. Nothing is kept in memory until then. */
export class Postponed extends Error {
  override readonly name = 'Postponed';
}

/** The destination takes nothing any more. */
export class Closed extends Error {
  override readonly name = 'Closed';
}
