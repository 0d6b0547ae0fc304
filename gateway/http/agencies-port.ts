/**
 * The agencies' port: one server, in front of the present catalogue's application.
 *
 * Fastify accepts no route once it is ready, so every catalogue has its own application. It is built beside the one in use,
 * and replaces it between two requests. Connections stay open over a swap; a request belongs, from its first line to
 * its last byte, to the application that was in use when it arrived.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerOptions as SecureServerOptions } from 'node:https';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import type { Catalog } from '../catalog/catalog.ts';
import type { Follower } from '../catalog/live/live.ts';
import type { Config } from '../config/config.ts';
import { creationDeadline } from '../exchange/catalogue-routes.ts';
import { serverTls } from '../net/tls.ts';
import { type App, buildApp, type Parts } from './app.ts';
import { limitConnections } from './connections/connections.ts';
import { watchRequestLines } from './connections/request-line.ts';
import { HANDSHAKE_TIMEOUT, parserOptions, timeouts } from './connections/server-options.ts';
import { refuseTunnels } from './connections/tunnels.ts';
import { answerUnreadable } from './connections/unreadable.ts';
import { createDrain } from './drain.ts';

export interface AgenciesPort {
  listen(): Promise<void>;
  /** Where the server really listens. */
  readonly server: FastifyInstance['server'];
  /** Builds the application of the next catalogue; the returned function puts it behind the port. */
  readonly follow: Follower;
  /** Accepts no new calls; resolves when those in flight are answered, or were cut off after `drainTimeout`. */
  close(): Promise<void>;
}

type PortConfig = Pick<
  Config,
  | 'host'
  | 'port'
  | 'publicUrl'
  | 'tls'
  | 'clientAuthorities'
  | 'trustedProxies'
  | 'connections'
  | 'requestTimeout'
  | 'drainTimeout'
>;

/**
 * Most connections that wait to be accepted (Node: 511; the system's own limit applies too). Beyond it, a caller retries
 * only after a second.
 */
const BACKLOG = 4096;

/** Milliseconds between checks whether a retired application has answered its last call. */
const RETIRE_EVERY = 1000;

/** Builds the application of `catalog`; does not listen yet. */
export async function openAgenciesPort(
  config: PortConfig,
  parts: Omit<Parts, 'catalog' | 'load' | 'drain' | 'connections'>,
  catalog: Catalog,
): Promise<AgenciesPort> {
  const load = { inFlight: 0 };
  parts.metrics.callsInFlight.read = () => load.inFlight;
  const drain = createDrain();
  const retired = new Set<App>();
  parts.metrics.applications.read = () => 1 + retired.size;
  // A Fastify instance without routes owns the server, so that Fastify manages listening, time limits and closing.
  const listener = Fastify({
    ...connectionOptions(config, catalog, parts.changes),
    loggerInstance: parts.log,
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, connections, parts.metrics),
  });
  const connections = limitConnections(listener, config.connections, config.trustedProxies, parts.metrics);
  refuseTunnels(listener.server, connections);
  watchRequestLines(listener.server, config.tls ? 'secureConnection' : 'connection');
  const build = (of: Catalog) => buildApp(config, { ...parts, catalog: of, load, drain, connections });
  let current = await build(catalog);

  await listener.ready();
  listener.server.removeListener('request', listener.routing);
  // Node would answer both expectations itself: here a refusal precedes any 100, and counts like other refusals.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) {
    listener.server.on(event, (request: IncomingMessage, response: ServerResponse) =>
      current.fastify.routing(request, response),
    );
  }

  const retiring = setInterval(() => {
    for (const app of retired) if (app.inFlight() === 0) retire(app);
  }, RETIRE_EVERY).unref();

  function retire(app: App): void {
    retired.delete(app);
    app.fastify
      .close()
      .catch((error: unknown) => parts.log.warn({ err: error }, 'a retired application did not close'));
  }

  return {
    server: listener.server,
    async listen() {
      await listener.listen({ host: config.host, port: config.port, backlog: BACKLOG });
    },
    async follow(next) {
      const app = await build(next);
      return () => {
        retired.add(current);
        current = app;
      };
    },
    async close() {
      clearInterval(retiring);
      parts.streams.drain();
      await drain.finish(listener, config.drainTimeout, () => {
        parts.log.warn('calls in flight were cut off: they outlasted DRAIN_SECONDS');
        connections.cutOff();
      });
      await Promise.all([current, ...retired].map(({ fastify }) => fastify.close()));
    },
  };
}

function connectionOptions(
  config: PortConfig,
  catalog: Catalog,
  { webhooks }: Pick<Parts['changes'], 'webhooks'>,
): FastifyServerOptions & { https?: SecureServerOptions } {
  const longestDeadline = Math.max(
    webhooks ? creationDeadline(webhooks) : 0,
    ...[...catalog.services.values()].map(({ deadline }) => deadline),
  );
  const parser = parserOptions(config.requestTimeout);
  return {
    ...timeouts(config.requestTimeout, longestDeadline),
    forceCloseConnections: 'idle',
    ...(!config.tls && { http: parser }),
    ...(config.tls && {
      https: {
        ...parser,
        handshakeTimeout: HANDSHAKE_TIMEOUT,
        ...serverTls(config.tls),
        // Requested but optional: contracts require certificates per client, and browsers read the documents without one.
        ...(config.clientAuthorities && {
          requestCert: true,
          rejectUnauthorized: false,
          ca: config.clientAuthorities.pem,
        }),
      },
    }),
  };
}
