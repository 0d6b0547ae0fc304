/**
 * Ends the agencies’ port without losing a call.
 *
 * Closing a connection that looks idle loses a call that is on its way to us. So, from the signal on, answers say
 * `Connection: close` (RFC 9112, section 9.6), and calls that still come are served; only when none has been answered
 * for a moment, or after `LINGER`, does nothing listen any more. What is in flight then finishes, at most for `timeout`.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** Milliseconds without an answer after which callers are taken to have noticed. */
const QUIET = 100;
/** Milliseconds that callers get to notice. */
const LINGER = 2000;

export interface Drain {
  /** Prepares an application that is not ready yet. It needs `return503OnClosing: false`. */
  prepare(app: FastifyInstance): void;
  /** Are calls being cut off? */
  readonly cutsOff: () => boolean;
  /**
   * Finishes the calls in flight; what is not done within `timeout` milliseconds is cut off.
   * @param door owns the server
   * @param onCutOff called before calls are cut off
   */
  finish(door: FastifyInstance, timeout: number, onCutOff: () => void): Promise<void>;
}

export function createDrain(): Drain {
  let draining = false;
  let cutting = false;
  let lastAnswer = 0;
  return {
    prepare(app) {
      app.addHook('onSend', (_request, reply, payload, done) => {
        if (draining) {
          reply.header('connection', 'close');
          lastAnswer = performance.now();
        }
        done(null, payload);
      });
    },
    cutsOff: () => cutting,
    async finish(door, timeout, onCutOff) {
      draining = true;
      const begun = performance.now();
      lastAnswer = begun;
      const timer = setTimeout(() => {
        cutting = true;
        onCutOff();
        door.server.closeAllConnections();
      }, timeout);
      while (
        performance.now() - lastAnswer < QUIET &&
        performance.now() - begun < Math.min(LINGER, timeout)
      ) {
        await wait(QUIET / 4);
      }
      await door.close();
      clearTimeout(timer);
    },
  };
}
