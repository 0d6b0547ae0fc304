/**
 * The application of one catalogue: its routes, and the hooks of every call. `exchange/routes.ts` has the flow behind each route; `agencies-port.ts`
 * puts the application behind the port, and later replaces it.
 */
import { Readable } from 'node:stream';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { AddressLimiter } from '../admission/address-limiter.ts';
import type { Config } from '../config/config.ts';
import { describeRoutes } from '../documents/openapi/describe-routes.ts';
import { documentRoutes } from '../documents/routes.ts';
import type { Arrival } from '../exchange/arrival.ts';
import { exchangeRoutes } from '../exchange/catalogue-routes.ts';
import { refuse, sendProblem, serviceOf, toProblem } from '../exchange/refuse.ts';
import type { ExchangeParts } from '../exchange/routes.ts';
import { Problem } from '../problems/problem.ts';
import { createLedger, type Entry, type Load } from '../runtime/ledger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { wasResetEarly } from '../wire/caller-left.ts';
import type { ClosingResponse } from '../wire/closing-response.ts';
import { readJsonBody } from '../wire/json-body.ts';
import { resultOf } from './call-results.ts';
import type { Connections } from './connections/connections.ts';
import type { Drain } from './drain.ts';
import { requestIdOf } from './request-id.ts';
import { unrouted } from './unrouted.ts';
import { awaitsContinue, encodedBody, expectsUnknown, illFormed, unreadableTarget } from './well-formed.ts';

/** The parts of the application; `main.ts` makes the real ones. */
export interface Parts extends ExchangeParts {
  readonly addressLimiter: AddressLimiter;
  readonly metrics: Metrics;
  readonly log: FastifyBaseLogger;
  /** The number of calls in all applications of this process, including those of earlier catalogues. */
  readonly load: Load;
  readonly drain: Pick<Drain, 'prepare' | 'cutsOff'>;
  readonly connections: Pick<Connections, 'begin' | 'end' | 'closingResponseTo' | 'endAfterAnswer'>;
}

type AppConfig = Pick<Config, 'publicUrl' | 'trustedProxies'>;

/** An application, and the count that decides when it can be retired. */
export interface App {
  readonly fastify: FastifyInstance;
  /** Number of calls in this application. */
  readonly inFlight: () => number;
}

/** Most calls in flight; further ones are refused rather than queued (503 `overloaded`). */
const MAX_IN_FLIGHT = 2000;

/** The end of a call, for its log line and its metrics. */
interface CallEnd {
  /** `ok`, the problem's code, `caller_left`, `cut_off`. */
  readonly outcome: string;
  /** `undefined`: no status line was sent. */
  readonly status: number | undefined;
}

/** Builds the application; it listens to nothing. Options of connections are in `agencies-port.ts`. */
export async function buildApp(config: AppConfig, parts: Parts): Promise<App> {
  const app = Fastify({
    loggerInstance: parts.log,
    // Each call has one line, written at its end (below); every other line names its request itself.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    genReqId: requestIdOf,
    bodyLimit: 64 * 1024,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: refuseUnroutable,
  });
  parts.drain.prepare(app);

  // Set by the first hook of every request; a decorator must not hold an object that requests would share.
  app.decorateRequest('arrival');
  app.decorateRequest('call', undefined);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      const { arrival } = request;
      arrival.bytes = bytes;
      arrival.since += performance.now() - arrival.bodyFrom;
      return readJsonBody(bytes, request.routeOptions.config);
    },
  );

  const ledger = createLedger(parts.load);
  // Hooks with a callback: they never wait, and a promise for each would cost more than their work.
  app.addHook('onRequest', (request, reply, done) => {
    const refusal = enter(request, reply);
    if (refusal === 'left') return;
    // The request line replaces the missing body, for HEAD too, so that the evidence of every call has a digest.
    if (request.method !== 'POST') request.arrival.bytes = `${request.method} ${request.url}`;
    if (request.headers.dpop !== undefined) reply.header('dpop-nonce', parts.identity.dpopNonce());
    // Before the body is read: without a route, neither method nor content type matters.
    done(refusal ?? unreadableTarget(request.url) ?? (request.is404 ? unrouted(app, request) : undefined));
  });
  app.addHook('preParsing', (request, reply, payload, done) => {
    const refusal = encodedBody(request.headers);
    // The caller is known and allowed: only now the gateway asks for the body (RFC 9110, section 10.1.1).
    if (!refusal && awaitsContinue(request.raw)) reply.raw.writeContinue();
    request.arrival.bodyFrom = performance.now();
    done(refusal ?? null, payload);
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    const { arrival, call } = request;
    // The token endpoint refuses with OAuth errors, not problems. Failed attempts count here, where the response is made, so
    // a caller that leaves early is counted too.
    if (reply.statusCode >= 400 && arrival.outcome === 'ok') {
      arrival.outcome = 'token_refused';
      parts.evidence.countRefusal(request.ip, 'token_refused');
    }
    if (call?.opened && payload instanceof Readable) ledger.stopWaiting(arrival.entry);
    done(null, payload);
  });

  /**
   * Enters the request; `leave` releases all that it takes.
   * @returns the reason to refuse it, if any; `left`: nothing MUST follow, the call is over
   */
  function enter(request: FastifyRequest, reply: FastifyReply): Problem | 'left' | undefined {
    const state = parts.connections.begin(request.raw, reply.raw);
    // Requests after the last answer of a connection are ignored: a thousand of them leave no log lines.
    const over = state === 'ending' ? () => parts.connections.end(request.raw) : () => leave(request, reply);
    begin(request, reply, ledger.open(reply.raw, over));
    if (wasResetEarly(request.raw)) {
      request.raw.socket.destroy();
      return 'left';
    }
    const refusal = connectionRefusal(state, request, reply) ?? overload() ?? addressLimit(request);
    // A caller with another expectation may withhold its body for ever, so the next bytes are ambiguous.
    return expectsUnknown(request.raw)
      ? endConnection(request.raw, reply, refusal ?? new Problem('expectation_failed'))
      : refusal;
  }

  /** The answer is over, whether it was sent or not. */
  function leave(request: FastifyRequest, reply: FastifyReply): void {
    const closingResponse = parts.connections.closingResponseTo(request.raw);
    parts.connections.end(request.raw);
    if (closingResponse && !request.call?.caller)
      parts.evidence.countRefusal(request.ip, closingResponse.code);
    account(request, reply, callEnd(request, reply, closingResponse));
  }

  /** Determines the end of a call. A response that was sent whole has released its socket before it closes. */
  function callEnd(
    { arrival: { outcome } }: FastifyRequest,
    { raw, statusCode }: FastifyReply,
    closingResponse: ClosingResponse | undefined,
  ): CallEnd {
    if (raw.socket === null && raw.writableFinished) return { outcome, status: statusCode };
    if (closingResponse) return { outcome: closingResponse.code, status: closingResponse.status };
    return {
      outcome: outcome === 'cut_off' || parts.drain.cutsOff() ? 'cut_off' : 'caller_left',
      status: raw.headersSent ? statusCode : undefined,
    };
  }

  /** Returns the reason why nothing more is read on the connection of `request`; the refusal is its last answer. */
  function connectionRefusal(
    state: ReturnType<Connections['begin']>,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Problem | undefined {
    const problem =
      state === 'too_many'
        ? new Problem('overloaded', { retryAfter: 1 })
        : state === 'ending'
          ? new Problem('malformed_request')
          : illFormed(request.raw);
    return problem && endConnection(request.raw, reply, problem);
  }

  /** Makes the refusal the last answer on the connection. */
  function endConnection(raw: FastifyRequest['raw'], reply: FastifyReply, problem: Problem): Problem {
    parts.connections.endAfterAnswer(raw.socket);
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

  function account(request: FastifyRequest, reply: FastifyReply, { outcome, status }: CallEnd): void {
    const service = serviceOf(request);
    const { caller, warned = [], opened } = request.call ?? {};
    const seconds = reply.elapsedTime / 1000;
    parts.metrics.requests.inc({ service, agency: caller?.agency ?? 'none', outcome });
    parts.metrics.calls.inc({ service, result: resultOf(outcome) });
    if (!opened) parts.metrics.requestSeconds.observe({ service, outcome }, seconds);
    for (const check of warned) parts.metrics.checkWarnings.inc({ service, check });
    parts.log.info(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status,
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

  /**
   * Refuses a URL that cannot be parsed (`%zz`, an overlong parameter): it has no route, so no hooks run and no
   * error handler catches its error.
   */
  function refuseUnroutable(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
    try {
      const problem = enter(request, reply) ?? toProblem(error);
      if (problem === 'left') return;
      parts.evidence.countRefusal(request.ip, problem.code);
      sendProblem(parts.failures, problem, request, reply);
    } catch (failure) {
      parts.log.error({ requestId: request.id, err: failure }, 'an address could not be refused');
      request.raw.socket.destroy();
    }
  }

  app.setErrorHandler(refuse(parts));
  app.setNotFoundHandler(async (request) => {
    throw unrouted(app, request);
  });

  const described = { catalog: parts.catalog, publicUrl: config.publicUrl };
  const documents = await describeRoutes(app, described);
  await app.register(parts.identity.routes);
  await app.register(documentRoutes, { ...described, documents });
  for (const route of exchangeRoutes(parts)) app.route(route);
  await app.ready();
  return { fastify: app, inFlight: ledger.inFlight };
}

/** Sets up every request and the headers of its answer. */
function begin(request: FastifyRequest, reply: FastifyReply, entry: Entry): void {
  request.arrival = newArrival(entry);
  reply.header('x-request-id', request.id);
  reply.header('cache-control', 'no-store');
  reply.header('x-content-type-options', 'nosniff');
}

function newArrival(entry: Entry): Arrival {
  return { entry, since: performance.now(), bodyFrom: 0, bytes: undefined, outcome: 'ok' };
}
