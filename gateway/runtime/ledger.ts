/**
 * The ledger of calls in flight: what a request takes is given back once, when its answer is over.
 *
 * An answer is over when its response emits `close` (Node.js `http.ServerResponse`): after its last byte was handed to the
 * system, or when its connection is gone, whatever the call does by then. `finish`, and Fastify's `onResponse` with it,
 * comes only in the first case: what is given back there is kept for ever by a caller that leaves.
 */
import type { ServerResponse } from 'node:http';

/** A number of calls, shared by all applications of a port. */
export interface Load {
  inFlight: number;
}

/** What one request has taken. */
export interface Entry {
  waiting: boolean;
}

export interface Ledger {
  /** Calls in this application, streams included. */
  readonly inFlight: () => number;
  /**
   * Enters a request.
   * @param over called once, when the answer is over
   */
  open(response: ServerResponse, over: () => void): Entry;
  /** The answer is a stream: its reader waits for no answer, so that it is no part of the port's load any more. */
  stopWaiting(entry: Entry): void;
}

/** The ledger of one application. */
export function createLedger(load: Load): Ledger {
  let inFlight = 0;

  function stopWaiting(entry: Entry): void {
    if (!entry.waiting) return;
    entry.waiting = false;
    load.inFlight--;
  }

  return {
    inFlight: () => inFlight,
    open(response, over) {
      const entry = { waiting: true };
      inFlight++;
      load.inFlight++;
      // A response closes once.
      response.on('close', () => {
        inFlight--;
        stopWaiting(entry);
        over();
      });
      return entry;
    },
    stopWaiting,
  };
}
