/**
 * The agencies' application: what `main.ts` runs and the tests build, from the same function.
 *
 * Routes come from the catalogue; the flow behind each is `exchange/pipeline.ts`.
 */
import { randomUUIDv7 } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerOptions as SecureServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import type { AddressLimiter } from './admission/address-limiter.ts';
import type { Config } from './config.ts';
import { documentRoutes } from './documents/routes.ts';
import { type Drain, drainable } from './drain.ts';
import { Problem } from './errors.ts';
import { readJsonBody } from './exchange/json-body.ts';
import { type ExchangeParts, feedRoute, serviceRoute } from './exchange/pipeline.ts';
import type { Progress } from './exchange/progress.ts';
import { refuse, sendProblem, toProblem } from './exchange/refuse.ts';
import type { Metrics } from './operations/metrics.ts';

/** What the application is built of; `main.ts` makes the real ones. */
export interface Parts extends ExchangeParts {
  readonly addressLimiter: AddressLimiter;
  readonly metrics: Metrics;
  readonly log: FastifyBaseLogger;
}

type AppConfig = Pick<Config, 'publicUrl' | 'tls' | 'trustedProxies'>;

/** Calls in the application at once; more are refused rather than queued (503 `overloaded`). */
const MAX_IN_FLIGHT = 2000;

/** A UUID of any version (RFC 9562): nothing else may name a request, least of all somebody's number. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Builds the application; nothing listens yet. `drain` ends it. */
export async function buildApp(
  config: AppConfig,
  parts: Parts,
): Promise<{ readonly app: FastifyInstance; readonly drain: Drain }> {
  const options: FastifyServerOptions & { https?: SecureServerOptions } = {
    loggerInstance: parts.log,
    // One line for each call, written when it has ended (below); whatever else is logged names its request itself.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && uuid.test(given) ? given.toLowerCase() : randomUUIDv7();
    },
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000,
    bodyLimit: 64 * 1024,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: answerUnreadable,
    frameworkErrors: refuseUnroutable,
    ...(config.tls && {
      https: {
        cert: readFileSync(config.tls.certificateFile),
        key: readFileSync(config.tls.keyFile),
        minVersion: 'TLSv1.2',
      },
    }),
  };
  const app = Fastify(options);
  const drain = drainable(app);

  app.decorateRequest('authorisation', undefined);
  app.decorateRequest('streamAuthorisation', undefined);
  // Set by the first hook of every request; a decorator must not hold an object that requests would share.
  app.decorateRequest('progress');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      request.progress.bytes = bytes;
      return readJsonBody(bytes);
    },
  );

  let inFlight = 0;
  // Hooks with a callback: they never wait, and a promise for each would cost more than what they do.
  app.addHook('onRequest', (request, reply, done) => {
    inFlight++;
    begin(request, reply, request.routeOptions.config.service ?? 'none');
    if (request.method === 'GET') request.progress.bytes = `GET ${request.url}`;
    done(inFlight > MAX_IN_FLIGHT ? new Problem('overloaded', { retryAfter: 1 }) : addressLimit(request));
  });
  app.addHook('onResponse', (request, reply, done) => {
    inFlight--;
    // The token endpoint refuses in OAuth's words, not by a problem; whoever tries keys is counted all the same.
    if (reply.statusCode >= 400 && request.progress.outcome === 'ok') {
      request.progress.outcome = 'token_refused';
      parts.evidence.countRefusal(request.ip, 'token_refused');
    }
    account(request, reply);
    done();
  });

  function addressLimit(request: FastifyRequest): Problem | undefined {
    const decision = parts.addressLimiter.take(request.ip, performance.now());
    return decision.allowed ? undefined : new Problem('rate_limited', { retryAfter: decision.retryAfter });
  }

  function account(request: FastifyRequest, reply: FastifyReply): void {
    const { service, outcome, caller } = request.progress;
    const seconds = reply.elapsedTime / 1000;
    parts.metrics.requests.inc({ service, agency: caller?.agency ?? 'none', outcome });
    parts.metrics.requestSeconds.observe({ service, outcome }, seconds);
    parts.log.info(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        service,
        outcome,
        agency: caller?.agency,
        system: caller?.system,
        milliseconds: Math.round(reply.elapsedTime * 1000) / 1000,
      },
      'call',
    );
  }

  /** An address that cannot be read (`%zz`, a parameter without end): it has no route, and so no hooks. */
  function refuseUnroutable(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
    begin(request, reply, 'none');
    const problem = addressLimit(request) ?? toProblem(error);
    parts.evidence.countRefusal(request.ip, problem.code);
    sendProblem(problem, request, reply);
    account(request, reply);
  }

  app.setErrorHandler(refuse(parts));
  app.setNotFoundHandler(async (request) => {
    const url = request.url.split('?')[0]!;
    const allowed = ['GET', 'HEAD', 'POST'].filter((method) => app.findRoute({ method, url }));
    // A route may itself find nothing: a file of the documents that is not there.
    throw allowed.length > 0 && !allowed.includes(request.method)
      ? new Problem('method_not_allowed', { headers: { allow: allowed.join(', ') } })
      : new Problem('route_not_found');
  });

  await app.register(parts.identity.routes);
  await app.register(documentRoutes, { catalog: parts.catalog, publicUrl: config.publicUrl });
  for (const service of parts.catalog().services.values()) app.route(serviceRoute(parts, service));
  app.route(feedRoute(parts));
  await app.ready();
  return { app, drain };
}

/** What every request starts with, and every answer carries. */
function begin(request: FastifyRequest, reply: FastifyReply, service: string): void {
  request.progress = newProgress(service);
  reply.header('x-request-id', request.id);
  reply.header('cache-control', 'no-store');
  reply.header('x-content-type-options', 'nosniff');
}

function newProgress(service: string): Progress {
  return {
    service,
    caller: undefined,
    declaration: undefined,
    subjects: [],
    bytes: undefined,
    signature: undefined,
    contentVerified: false,
    outcome: 'ok',
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
