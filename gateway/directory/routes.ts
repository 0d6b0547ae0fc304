/**
 * The caller's own view of the catalogue, for every system that has a token, whatever its scope.
 *
 *   GET /v1/catalog/services   what this system may use, with fields, purposes, headers and what is left of its quota;
 *                              and for the rest, why not, and how to ask
 *   GET /v1/catalog/agencies   who takes part, and who holds which registry
 *
 * No evidence is written of an answer: nothing in it comes out of a registry, nobody is concerned, and each line is
 * either public (the contracts are, in `/openapi.json`) or the caller's own agreement. It is counted and logged like
 * every call. It takes nothing from an agreement's rate or quota; it has a rate of its own, for each system.
 */
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Limiter } from '../admission/limiter.ts';
import type { Quotas } from '../admission/quota.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Caller } from '../identity/caller.ts';
import type { Identity } from '../identity/identity.ts';
import { Problem } from '../problems/problem.ts';
import { checks } from '../problems/sentences/checks.ts';
import { safeName } from '../problems/violations.ts';
import { agencies } from './agencies.ts';
import { ownServices } from './services.ts';

export interface DirectoryParts {
  readonly catalog: Catalog;
  readonly identity: Pick<Identity, 'authenticate'>;
  readonly limiter: Limiter;
  readonly quotas: Pick<Quotas, 'remaining'>;
}

/** Of one system. What is left of quotas is asked of PostgreSQL. */
const RATE = { perSecond: 2, burst: 10 };

export function directoryRoutes(parts: DirectoryParts): RouteOptions[] {
  const { catalog, quotas } = parts;
  return [
    route(parts, '/v1/catalog/services', 'catalog.services', ({ system }) =>
      ownServices(catalog, system, Date.now(), (agreement) => quotas.remaining(agreement)),
    ),
    route(parts, '/v1/catalog/agencies', 'catalog.agencies', async () => ({ agencies: agencies(catalog) })),
  ];
}

function route(
  { catalog, identity, limiter }: DirectoryParts,
  url: string,
  name: string,
  read: (caller: Caller) => Promise<object>,
): RouteOptions {
  return {
    method: 'GET',
    url,
    config: { service: name },
    onRequest: async (request, reply) => {
      const { progress } = request;
      progress.caller = await identity.authenticate(request);
      takeTurn(limiter, progress.caller, reply);
      const [unknown] = Object.keys(request.query as object);
      if (unknown !== undefined) {
        throw new Problem('contract_violation', {
          errors: [{ parameter: safeName(unknown), ...checks.unknownParameter }],
        });
      }
    },
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const data = await read(request.progress.caller!);
      const meta = { requestId: request.id, catalogue: catalog.digest.slice(0, 12) };
      return reply.type('application/json; charset=utf-8').send(JSON.stringify({ data, meta }));
    },
  };
}

/** @throws Problem `rate_limited` */
function takeTurn(limiter: Limiter, { system }: Caller, reply: FastifyReply): void {
  const decision = limiter.take({ number: `catalog-${system}`, rate: RATE }, performance.now());
  if (!decision.allowed) {
    const { retryAfter, headers } = decision;
    throw new Problem('rate_limited', { retryAfter, headers });
  }
  if (decision.headers) reply.headers(decision.headers);
}
