/** The port of whatever takes change events: Kafka, later webhooks. */
import type { ChangeEvent } from './event.ts';

/**
 * - `open` MUST leave an existing topic as it is, and MAY be called again.
 * - `send` MUST NOT resolve before every event is stored so that the loss of any one machine cannot undo it.
 * - `send` MUST keep the order of events with the same `subject`: none MUST be sent before the one ahead of it is
 *   acknowledged. It MAY send an event twice, and MUST NOT leave one out.
 * - `send` MUST keep trying while it is held (see {@link Fence}); once the lease is gone it MUST send nothing more, and reject.
 * - Trouble with one topic MUST NOT delay another.
 * - `send` MUST NOT be called for a topic while a call for the same topic is under way.
 */
export interface ChangeSink {
  /** Names the sink in metrics: `kafka`. */
  readonly name: string;
  open(topic: string): Promise<void>;
  send(topic: string, events: readonly ChangeEvent[], fence: Fence): Promise<void>;
  /** `false`: nothing can be sent at present. */
  up(): boolean;
  close(): Promise<void>;
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
