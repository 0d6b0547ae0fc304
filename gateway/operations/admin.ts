/**
 * `/admin` on the operators' port: a context of its own, which lets nobody in without the operator's token.
 *
 * The token is compared by its digest in constant time; there is no other way in, and without a token in the
 * configuration there is no `/admin`.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';
import { readJsonBody } from '../exchange/json-body.ts';
import { unrouted } from '../http/unrouted.ts';

export interface AdminOptions {
  readonly operatorToken: string;
  /** Below `/admin`. */
  readonly routes: readonly FastifyPluginAsync[];
}

const BODY_LIMIT = 16_384;
const REALM = 'Bearer realm="lienthong operators"';
const digest = (text: string) => hash('sha256', text, 'buffer');

export function adminRoutes({ operatorToken, routes }: AdminOptions): FastifyPluginAsync {
  const expected = digest(operatorToken);
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
      async (_request: FastifyRequest, bytes: Buffer) => readJsonBody(bytes),
    );
    // Before the body is read, and before anything says whether a route exists.
    app.addHook('onRequest', async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const [scheme = '', token, ...rest] = (request.headers.authorization ?? '').split(' ');
      if (scheme.toLowerCase() !== 'bearer' || token === undefined || rest.length > 0) {
        throw new Problem('token_missing', { headers: { 'WWW-Authenticate': REALM } });
      }
      if (!timingSafeEqual(digest(token), expected)) {
        throw new Problem('token_invalid', {
          headers: { 'WWW-Authenticate': `${REALM}, error="invalid_token"` },
        });
      }
    });
    app.setNotFoundHandler((request) => {
      throw unrouted(app, request);
    });
    for (const plugin of routes) app.register(plugin);
  };
}
