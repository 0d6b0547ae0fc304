/**
 * The operators' port: metrics, health and, behind an operator's token, `/admin`. Never reachable for agencies.
 *
 * Requests must conform to the standard as on the agencies' port. (Node destroys a connection that asks for a tunnel here.)
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { toProblem } from '../exchange/refuse.ts';
import { watchRequestLines } from '../http/connections/request-line.ts';
import {
  HANDSHAKE_TIMEOUT,
  MAX_HEADERS,
  parserOptions,
  timeouts,
} from '../http/connections/server-options.ts';
import { requestIdOf } from '../http/request-id.ts';
import { unrouted } from '../http/unrouted.ts';
import { awaitsContinue, expectsUnknown, illFormed, unreadableTarget } from '../http/well-formed.ts';
import { type ServerPair, serverTls } from '../net/tls.ts';
import { Problem, problemBody } from '../problems/problem.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { FailureReports } from '../telemetry/report-failures.ts';
import { isCallerLeft } from '../wire/caller-left.ts';
import { preferredLanguage } from '../wire/language.ts';
import { type AdminOptions, adminRoutes } from './admin/admin.ts';
import type { Health } from './health/health.ts';

export interface OperationsParts {
  readonly metrics: Pick<Metrics, 'register' | 'operatorRefusals'>;
  readonly health: Pick<Health, 'live' | 'ready'>;
  readonly log: Log;
  readonly failures: FailureReports;
  /** Without it the port speaks plain HTTP. */
  readonly tls?: ServerPair | undefined;
  /** Without it there is no `/admin`. */
  readonly admin?: AdminOptions | undefined;
}

/** Milliseconds that a request may take to arrive. */
const REQUEST_TIMEOUT = 30_000;

/** Each concern has a context of its own: the hooks of one (an operator's token for `/admin`) do not affect the others. */
export function buildOperationsApp({
  metrics,
  health,
  log,
  failures,
  tls,
  admin,
}: OperationsParts): FastifyInstance {
  const parser = parserOptions(REQUEST_TIMEOUT);
  // Scrapers keep their connections open; closing does not wait for them.
  const app = Fastify({
    logger: false,
    forceCloseConnections: true,
    genReqId: requestIdOf,
    ...(!tls && { http: parser }),
    ...(tls && { https: { ...parser, handshakeTimeout: HANDSHAKE_TIMEOUT, ...serverTls(tls) } }),
    ...timeouts(REQUEST_TIMEOUT, 0),
    frameworkErrors: (error, request, reply) =>
      send(lastRefusal(request.raw, reply) ?? toProblem(error), request, reply),
  });
  // One more than allowed: Node silently drops fields beyond this number.
  app.server.maxHeadersCount = MAX_HEADERS + 1;
  watchRequestLines(app.server, tls ? 'secureConnection' : 'connection');
  // Node would answer both expectations itself.
  for (const event of ['checkContinue', 'checkExpectation']) {
    app.server.on(event, (request: IncomingMessage, response: ServerResponse) =>
      app.routing(request, response),
    );
  }
  const ending = new WeakSet<Socket>();

  /** Returns the reason why nothing more is read on the connection of `raw`; the refusal is its last answer. */
  function lastRefusal(raw: IncomingMessage, reply: FastifyReply): Problem | undefined {
    const problem = ending.has(raw.socket)
      ? new Problem('malformed_request')
      : (illFormed(raw) ?? (expectsUnknown(raw) ? new Problem('expectation_failed') : undefined));
    if (!problem) return undefined;
    ending.add(raw.socket);
    reply.header('connection', 'close');
    return problem;
  }

  /** Logs each defect with its stack and, for an unavailable dependency, one request a minute: as on the agencies' port. */
  function report(problem: Problem, { id: requestId, routeOptions: { url: route } }: FastifyRequest): void {
    const { status, code, cause, members } = problem;
    if (status < 500) return;
    if (status === 500) log.error({ err: problem, route, requestId }, 'operators’ port failed');
    else {
      const alike = { route, ...(members.reason && { reason: members.reason }) };
      failures.report(code, alike, cause, { requestId });
    }
  }

  function send(problem: Problem, request: FastifyRequest, reply: FastifyReply): void {
    report(problem, request);
    reply
      .code(problem.status)
      .headers({ ...problem.members.headers, 'x-request-id': request.id })
      .type('application/problem+json')
      .send(problemBody(problem, preferredLanguage(request.headers['accept-language'], 'en'), request.id));
  }

  app.addHook('onRequest', async (request, reply) => {
    const problem = lastRefusal(request.raw, reply) ?? unreadableTarget(request.url);
    if (problem) throw problem;
  });
  // After every onRequest: below /admin, only an operator learns which routes exist. Before any body is read
  // or asked for.
  app.addHook('preParsing', async (request, reply) => {
    if (request.is404) throw unrouted(app, request);
    if (awaitsContinue(request.raw)) reply.raw.writeContinue();
  });
  app.setNotFoundHandler((request) => {
    throw unrouted(app, request);
  });
  app.setErrorHandler((error, request, reply) => {
    if (isCallerLeft(error, request)) {
      reply.hijack();
      return;
    }
    send(toProblem(error), request, reply);
  });
  app.register(metricsRoutes(metrics));
  app.register(healthRoutes(health));
  if (admin) app.register(adminRoutes({ ...admin, metrics, log }), { prefix: '/admin' });
  return app;
}

function metricsRoutes({ register }: OperationsParts['metrics']) {
  return async (app: FastifyInstance) => {
    app.get('/metrics', async (_request, reply) => {
      reply.type(register.contentType);
      return register.metrics();
    });
  };
}

function healthRoutes(health: OperationsParts['health']) {
  return async (app: FastifyInstance) => {
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('cache-control', 'no-store');
    });
    app.get('/health/live', async (_request, reply) => {
      const { status, body } = health.live();
      return reply.code(status).send(body);
    });
    app.get('/health/ready', async (_request, reply) => {
      const { status, body } = health.ready();
      return reply.code(status).send(body);
    });
  };
}
