/**
 * Ends the agencies' port without losing a call.
 *
 * Closing a connection that looks idle loses a call that is on its way to us. So, from the signal on, answers say
 * `Connection: close` (RFC 9112, section 9.6), and calls that still come are served; only when none has been answered
 * for a moment, or after `LINGER`, does nothing listen any more. What is in flight then finishes, at most for `timeout`.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Log } from './operations/log.ts';

/** Milliseconds without an answer after which callers are taken to have noticed. */
const QUIET = 100;
/** Milliseconds that callers get to notice. */
const LINGER = 2000;

/** Finishes the calls in flight; what is not done within `timeout` milliseconds is cut off, and said. */
export type Drain = (timeout: number, log: Log) => Promise<void>;

/** Prepares an application that is not ready yet. It needs `return503OnClosing: false`. */
export function drainable(app: FastifyInstance): Drain {
  let draining = false;
  let lastAnswer = 0;
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (draining) {
      reply.header('connection', 'close');
      lastAnswer = performance.now();
    }
    done(null, payload);
  });

  return async (timeout, log) => {
    draining = true;
    const begun = performance.now();
    lastAnswer = begun;
    const timer = setTimeout(() => {
      log.warn('calls in flight were cut off: they outlasted DRAIN_SECONDS');
      app.server.closeAllConnections();
    }, timeout);
    while (performance.now() - lastAnswer < QUIET && performance.now() - begun < Math.min(LINGER, timeout)) {
      await wait(QUIET / 4);
    }
    await app.close();
    clearTimeout(timer);
  };
}
