/**
 * The ledger of calls in flight: releases the resources of a request once, when its answer is over.
 *
 * An answer is over when its response emits `close` (Node.js `http.ServerResponse`): after its last byte was handed to the
 * system, or when its connection is gone, whatever the call does then. `finish`, and Fastify's `onResponse` with it,
 * occurs only in the first case: a resource released there would leak for every caller that leaves.
 */
import type { ServerResponse } from 'node:http';

/** The number of calls, shared by all applications of a port. */
export interface Load {
  inFlight: number;
}

/** The entry of one request. */
export interface Entry {
  waiting: boolean;
}

export interface Ledger {
  /** Number of calls in this application, streams included. */
  readonly inFlight: () => number;
  /**
   * Enters a request.
   * @param over called once, when the answer is over
   */
  open(response: ServerResponse, over: () => void): Entry;
  /** Marks the answer as a stream: it no longer counts for the port's load. */
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
