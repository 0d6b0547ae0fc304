/**
 * The agencies' port: one server, and behind it the application of the catalogue of the moment.
 *
 * Fastify takes no route once it is ready, so every catalogue has an application of its own, built beside the one in use
 * and put in its place between two requests. Connections stay open over a swap; a request belongs, from its first line to
 * its last byte, to the application that was there when it came.
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
  /** Builds the application of the next catalogue; what it returns puts it behind the port. */
  readonly follow: Follower;
  /** No new calls; resolves when those in flight are answered, or were cut off after `drainTimeout`. */
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
 * Connections that wait to be accepted (Node: 511; the system's own limit holds too). Past it, a caller tries again
 * only after a second.
 */
const BACKLOG = 4096;

/** How often a retired application is looked at: is its last call answered? */
const RETIRE_EVERY = 1000;

/** Builds the application of `catalog`; nothing listens yet. */
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
  // A Fastify without routes: it owns the server, so that listening, time limits and closing are Fastify's.
  const door = Fastify({
    ...connectionOptions(config, catalog, parts.changes),
    loggerInstance: parts.log,
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, connections, parts.metrics),
  });
  const connections = limitConnections(door, config.connections, config.trustedProxies, parts.metrics);
  refuseTunnels(door.server, connections);
  watchRequestLines(door.server, config.tls ? 'secureConnection' : 'connection');
  const build = (of: Catalog) => buildApp(config, { ...parts, catalog: of, load, drain, connections });
  let current = await build(catalog);

  await door.ready();
  door.server.removeListener('request', door.routing);
  // Node would answer the two expectations itself: a refusal of ours comes before any 100, and is counted as others are.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) {
    door.server.on(event, (request: IncomingMessage, response: ServerResponse) =>
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
    server: door.server,
    async listen() {
      await door.listen({ host: config.host, port: config.port, backlog: BACKLOG });
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
      await drain.finish(door, config.drainTimeout, () => {
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
        // Asked for, never demanded: who must show one is in the contracts, and a browser reads the documents without.
        ...(config.clientAuthorities && {
          requestCert: true,
          rejectUnauthorized: false,
          ca: config.clientAuthorities.pem,
        }),
      },
    }),
  };
}
