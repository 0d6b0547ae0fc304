/**
 * The application of one catalogue: its routes, and what every call goes through before and after. The flow behind each
 * route is `exchange/pipeline.ts`; `agencies-port.ts` puts the application behind the port, and another in its place.
 */
import { randomUUIDv7 } from 'node:crypto';
import { Readable } from 'node:stream';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { AddressLimiter } from './admission/address-limiter.ts';
import type { Config } from './config.ts';
import { directoryRoutes } from './directory/routes.ts';
import { documentRoutes } from './documents/routes.ts';
import type { Drain } from './drain.ts';
import { Problem } from './errors.ts';
import { copyRoutes } from './exchange/copy-pipeline.ts';
import { readJsonBody } from './exchange/json-body.ts';
import { type ExchangeParts, feedRoute, serviceRoute } from './exchange/pipeline.ts';
import type { Progress } from './exchange/progress.ts';
import { refuse, sendProblem, toProblem } from './exchange/refuse.ts';
import { subscriptionRoutes } from './exchange/subscriptions-pipeline.ts';
import type { Connections } from './http/connections.ts';
import { encodedBody, illFormed } from './http/well-formed.ts';
import type { Metrics } from './operations/metrics.ts';

/** What the application is built of; `main.ts` makes the real ones. */
export interface Parts extends ExchangeParts {
  readonly addressLimiter: AddressLimiter;
  readonly metrics: Metrics;
  readonly log: FastifyBaseLogger;
  /** Counts the calls in all applications of this process, those of catalogues before too. */
  readonly load: { inFlight: number };
  readonly drain: Pick<Drain, 'prepare'>;
  readonly connections: Pick<Connections, 'begin' | 'end' | 'condemn'>;
}

type AppConfig = Pick<Config, 'publicUrl' | 'trustedProxies'>;

/** An application, and what has to be known to retire it. */
export interface App {
  readonly fastify: FastifyInstance;
  /** Calls in this application. */
  readonly inFlight: () => number;
}

/** Calls at once; more are refused rather than queued (503 `overloaded`). */
const MAX_IN_FLIGHT = 2000;

/** A UUID of any version (RFC 9562): nothing else may name a request, least of all somebody's number. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Builds the application; it listens to nothing. Options of connections are in `agencies-port.ts`. */
export async function buildApp(config: AppConfig, parts: Parts): Promise<App> {
  const app = Fastify({
    loggerInstance: parts.log,
    // One line for each call, written when it has ended (below); whatever else is logged names its request itself.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && uuid.test(given) ? given.toLowerCase() : randomUUIDv7();
    },
    bodyLimit: 64 * 1024,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: refuseUnroutable,
  });
  parts.drain.prepare(app);

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
    parts.load.inFlight++;
    begin(request, reply, request.routeOptions.config.service ?? 'none');
    if (request.method === 'GET') request.progress.bytes = `GET ${request.url}`;
    if (request.headers.dpop !== undefined) reply.header('dpop-nonce', parts.identity.dpopNonce());
    done(connectionRefusal(request, reply) ?? overload() ?? addressLimit(request));
  });
  app.addHook('preParsing', (request, _reply, payload, done) => {
    done(encodedBody(request.headers) ?? null, payload);
  });
  // A stream is not a call that somebody waits for, and a reader may leave it without a response that finishes.
  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.progress.streamed && payload instanceof Readable) {
      parts.load.inFlight--;
      payload.once('close', () => end(request, reply));
    }
    done(null, payload);
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (!request.progress.streamed) {
      parts.load.inFlight--;
      end(request, reply);
    }
    done();
  });

  function end(request: FastifyRequest, reply: FastifyReply): void {
    inFlight--;
    parts.connections.end(request.raw);
    // The token endpoint refuses in OAuth's words, not by a problem; whoever tries keys is counted all the same.
    if (reply.statusCode >= 400 && request.progress.outcome === 'ok') {
      request.progress.outcome = 'token_refused';
      parts.evidence.countRefusal(request.ip, 'token_refused');
    }
    account(request, reply);
  }

  /** Why nothing more is read on the connection of `request`; its refusal is the last answer there. */
  function connectionRefusal(request: FastifyRequest, reply: FastifyReply): Problem | undefined {
    const state = parts.connections.begin(request.raw, reply.raw);
    const problem =
      state === 'too_many'
        ? new Problem('overloaded', { retryAfter: 1 })
        : state === 'ending'
          ? new Problem('malformed_request')
          : illFormed(request.raw);
    if (!problem) return undefined;
    parts.connections.condemn(request.raw.socket);
    reply.header('connection', 'close');
    return problem;
  }

  function overload(): Problem | undefined {
    return parts.load.inFlight > MAX_IN_FLIGHT ? new Problem('overloaded', { retryAfter: 1 }) : undefined;
  }

  function addressLimit(request: FastifyRequest): Problem | undefined {
    const decision = parts.addressLimiter.take(request.ip, performance.now());
    return decision.allowed ? undefined : new Problem('rate_limited', { retryAfter: decision.retryAfter });
  }

  function account(request: FastifyRequest, reply: FastifyReply): void {
    const { service, outcome, caller, warned } = request.progress;
    const seconds = reply.elapsedTime / 1000;
    parts.metrics.requests.inc({ service, agency: caller?.agency ?? 'none', outcome });
    if (!request.progress.streamed) parts.metrics.requestSeconds.observe({ service, outcome }, seconds);
    for (const check of warned) parts.metrics.checkWarnings.inc({ service, check });
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
        ...(warned.length > 0 && { warned: [...new Set(warned)] }),
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
    const allowed = ['GET', 'HEAD', 'POST', 'DELETE'].filter((method) => app.findRoute({ method, url }));
    // A route may itself find nothing: a file of the documents that is not there.
    throw allowed.length > 0 && !allowed.includes(request.method)
      ? new Problem('method_not_allowed', { headers: { allow: allowed.join(', ') } })
      : new Problem('route_not_found');
  });

  await app.register(parts.identity.routes);
  await app.register(documentRoutes, { catalog: () => parts.catalog, publicUrl: config.publicUrl });
  for (const service of parts.catalog.services.values()) app.route(serviceRoute(parts, service));
  app.route(feedRoute(parts));
  for (const route of subscriptionRoutes(parts)) app.route(route);
  for (const route of copyRoutes(parts)) app.route(route);
  for (const route of directoryRoutes(parts)) app.route(route);
  await app.ready();
  return { fastify: app, inFlight: () => inFlight };
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
    streamed: false,
    warned: [],
    outcome: 'ok',
  };
}
