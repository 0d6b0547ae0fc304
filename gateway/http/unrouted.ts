/**
 * Answers a request without a route: 405 with `Allow` where another method has one (RFC 9110, section 15.5.6),
 * 404 otherwise. For any method, also one that Node reads and Fastify does not know.
 */
import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify';
import { Problem } from '../problems/problem.ts';

/** Methods of the gateway's routes, in the order of `Allow`. */
const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'DELETE'];

export function unrouted(
  app: FastifyInstance,
  { method, url }: Pick<FastifyRequest, 'method' | 'url'>,
): Problem {
  const path = url.split('?')[0]!;
  const allowed = METHODS.filter((other) => app.findRoute({ method: other, url: path }));
  // A route may itself find nothing: a missing file of the documents.
  return allowed.length > 0 && !allowed.some((other) => other === method)
    ? new Problem('method_not_allowed', { headers: { allow: allowed.join(', ') } })
    : new Problem('route_not_found');
}
