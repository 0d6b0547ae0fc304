/**
 * Mends one fault of kafkajs 2.2.4: a connection that has had one answer sets a timer of a millisecond, which sets the
 * next, for as long as the connection lives (`RequestQueue#scheduleCheckPendingRequests`; it shows as
 * `TimeoutNegativeWarning`). Twenty idle connections cost 3.5 % of a processor, and one whose last answer came late
 * keeps a process from ending. The timer is for requests that wait in the queue; where none waits, none is set.
 */
import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
  readonly prototype: RequestQueue;
};
const schedule = prototype.scheduleCheckPendingRequests;

/** Once for the process, before the first connection; again it changes nothing. */
export function quietRequestQueues(): void {
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}
