/**
 * The agencies' port: one server, and behind it the application of the catalogue of the moment.
 *
 * Fastify takes no route once it is ready, so every catalogue has an application of its own, built beside the one in use
 * and put in its place between two requests. Connections stay open over a swap; a request belongs, from its first line to
 * its last byte, to the application that was there when it came.
 */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerOptions as SecureServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { type App, buildApp, type Parts } from './app.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { Follower } from './catalog/live.ts';
import type { Config } from './config.ts';
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
  'host' | 'port' | 'publicUrl' | 'tls' | 'clientCaFile' | 'trustedProxies' | 'drainTimeout'
>;

/** How often a retired application is looked at: is its last call answered? */
const RETIRE_EVERY = 1000;

/** Builds the application of `catalog`; nothing listens yet. */
export async function openAgenciesPort(
  config: PortConfig,
  parts: Omit<Parts, 'catalog' | 'load' | 'drain'>,
  catalog: Catalog,
): Promise<AgenciesPort> {
  const load = { inFlight: 0 };
  const drain = createDrain();
  const retired = new Set<App>();
  const build = (of: Catalog) => buildApp(config, { ...parts, catalog: of, load, drain });
  let current = await build(catalog);

  // A Fastify without routes: it owns the server, so that listening, time limits and closing are Fastify's.
  const door = Fastify(connectionOptions(config, parts.log));
  await door.ready();
  door.server.removeListener('request', door.routing);
  door.server.on('request', (request: IncomingMessage, response: ServerResponse) =>
    current.fastify.routing(request, response),
  );

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
      await door.listen({ host: config.host, port: config.port });
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
      await drain.finish(door, config.drainTimeout, () =>
        parts.log.warn('calls in flight were cut off: they outlasted DRAIN_SECONDS'),
      );
      await Promise.all([current, ...retired].map(({ fastify }) => fastify.close()));
    },
  };
}

function connectionOptions(
  config: PortConfig,
  log: Parts['log'],
): FastifyServerOptions & { https?: SecureServerOptions } {
  return {
    loggerInstance: log,
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerUnreadable,
    ...(config.tls && {
      https: {
        cert: readFileSync(config.tls.certificateFile),
        key: readFileSync(config.tls.keyFile),
        minVersion: 'TLSv1.2',
        // Asked for, never demanded: who must show one is in the contracts, and a browser reads the documents without.
        ...(config.clientCaFile && {
          requestCert: true,
          rejectUnauthorized: false,
          ca: readFileSync(config.clientCaFile),
        }),
      },
    }),
  };
}

/** Bytes that are no HTTP request (RFC 9112): answered by hand, since there is no request to reply to. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason, code] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'Request Header Fields Too Large', 'header_too_large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Request Timeout', 'malformed_request']
        : [400, 'Bad Request', 'malformed_request'];
  const body = JSON.stringify({ type: `urn:lienthong:problem:${code}`, title: reason, status, code });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
