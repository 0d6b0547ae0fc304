/**
 * Closes the agencies’ port without losing a call.
 *
 * Closing a connection that looks idle loses a call that is already on its way. So, from the signal on, answers carry
 * `Connection: close` (RFC 9112, section 9.6), and new calls are still served; the server stops listening when no call has been
 * answered for a moment, or after `LINGER`. Calls in flight then finish, within `timeout`.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** Milliseconds without an answer after which all callers are assumed to have noticed. */
const QUIET = 100;
/** Milliseconds that callers get to notice. */
const LINGER = 2000;

export interface Drain {
  /** Prepares an application before it is ready. It needs `return503OnClosing: false`. */
  prepare(app: FastifyInstance): void;
  /** Are calls being cut off? */
  readonly cutsOff: () => boolean;
  /**
   * Finishes the calls in flight; cuts off calls that take longer than `timeout` milliseconds.
   * @param listener the instance that owns the server
   * @param onCutOff called before calls are cut off
   */
  finish(listener: FastifyInstance, timeout: number, onCutOff: () => void): Promise<void>;
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
    async finish(listener, timeout, onCutOff) {
      draining = true;
      const begun = performance.now();
      lastAnswer = begun;
      const timer = setTimeout(() => {
        cutting = true;
        onCutOff();
        listener.server.closeAllConnections();
      }, timeout);
      while (
        performance.now() - lastAnswer < QUIET &&
        performance.now() - begun < Math.min(LINGER, timeout)
      ) {
        await wait(QUIET / 4);
      }
      await listener.close();
      clearTimeout(timer);
    },
  };
}
