/**
 * `/admin` on the operators' port: a separate context, which requires an operator's token (`operators.ts`).
 * Without a token in the configuration there is no `/admin`.
 *
 * Each request leaves a line in the log with the operator's name, also when the operator disconnects before the answer, since the
 * request may have been performed. A refused request leaves a line with its address: at most
 * twenty a minute and address, the others are counted (`lienthong_operator_refusals_total`).
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { unrouted } from '../../http/unrouted.ts';
import { createRecordLimit } from '../../identity/record-limit.ts';
import { Problem } from '../../problems/problem.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { onClosed } from '../../wire/caller-left.ts';
import { readJsonBody } from '../../wire/json-body.ts';
import type { Operators } from './operators.ts';

export interface AdminOptions {
  readonly operators: Operators;
  /** Below `/admin`. */
  readonly routes: readonly FastifyPluginAsync[];
}

interface AdminParts extends AdminOptions {
  readonly metrics: Pick<Metrics, 'operatorRefusals'>;
  readonly log: Log;
}

/** The reasons to refuse a request before it is read. */
export const operatorRefusals = ['token_missing', 'token_invalid'] as const;

const BODY_LIMIT = 16_384;
const REALM = 'Bearer realm="lienthong operators"';
const OPERATOR = 'operator';

/** The operator of a request, for the evidence of its effect. */
export function operatorOf(request: FastifyRequest): string {
  return request.getDecorator<string>(OPERATOR);
}

export function adminRoutes({ operators, routes, metrics, log }: AdminParts): FastifyPluginAsync {
  const logged = createRecordLimit({ now: Date.now });

  function refuse(
    code: (typeof operatorRefusals)[number],
    challenge: string,
    { id: requestId, method, routeOptions }: FastifyRequest,
    address: string,
  ): never {
    metrics.operatorRefusals.inc({ code });
    if (logged.allows(address)) {
      log.warn(
        { method, route: routeOptions.url, address, requestId, code },
        'an operator’s request was refused',
      );
    }
    throw new Problem(code, { headers: { 'WWW-Authenticate': challenge } });
  }

  /**
   * Runs when the answer is over, whether it was sent or not (`onResponse` runs only in the first case).
   * @param begun by `performance`: Fastify takes the time only when it logs itself (`elapsedTime` would be 0)
   */
  function account(
    operator: string,
    address: string,
    begun: number,
    { id: requestId, method, routeOptions: { url: route } }: FastifyRequest,
    { raw, statusCode }: FastifyReply,
  ): void {
    const isSent = raw.socket === null && raw.writableFinished;
    const ms = Math.round(performance.now() - begun);
    log.info(
      {
        ...{ operator, method, route, address, requestId, ms },
        status: raw.headersSent ? statusCode : undefined,
        ...(!isSent && { outcome: 'caller_left' }),
      },
      'an operator’s request',
    );
  }

  return async (app) => {
    app.decorateRequest(OPERATOR, '');
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
      async (_request: FastifyRequest, bytes: Buffer) => readJsonBody(bytes),
    );
    // Before the body is read, and before any answer shows whether a route exists.
    app.addHook('onRequest', async (request, reply) => {
      const begun = performance.now();
      reply.headers({ 'cache-control': 'no-store', 'x-request-id': request.id });
      // A closed connection has no address any more.
      const { ip: address } = request;
      const [scheme = '', token, ...rest] = (request.headers.authorization ?? '').split(' ');
      if (scheme.toLowerCase() !== 'bearer' || token === undefined || rest.length > 0) {
        refuse('token_missing', REALM, request, address);
      }
      const operator = await operators.identify(token);
      if (operator === undefined)
        refuse('token_invalid', `${REALM}, error="invalid_token"`, request, address);
      request.setDecorator(OPERATOR, operator);
      onClosed(reply.raw, () => account(operator, address, begun, request, reply));
    });
    app.setNotFoundHandler((request) => {
      throw unrouted(app, request);
    });
    for (const plugin of routes) app.register(plugin);
  };
}
