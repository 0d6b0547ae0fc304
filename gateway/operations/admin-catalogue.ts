/**
 * `POST /admin/catalogue/reload` on the operators' port: reads the catalogue's files again.
 *
 * 200 `{ "outcome": "swapped" | "unchanged", "catalogue": digest }`; 422 `catalogue_refused` with every finding, when the
 * files are broken and the catalogue before stays; 503 `store_unavailable` or 500, when the files may be sound and the
 * gateway could not take them on.
 */
import type { FastifyPluginAsync, onRequestHookHandler } from 'fastify';
import { formatFinding } from '../catalog/compile.ts';
import type { LiveCatalog } from '../catalog/live.ts';
import { Problem, problemBody } from '../errors.ts';
import { isStoreUnavailable } from '../store/pool.ts';

export interface CatalogueAdminOptions {
  readonly live: Pick<LiveCatalog, 'reload'>;
  /** Lets an operator through and nobody else; throws Problem. */
  readonly guard: onRequestHookHandler;
}

export function catalogueAdmin({ live, guard }: CatalogueAdminOptions): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRequest', guard);
    app.post('/admin/catalogue/reload', async (request, reply) => {
      const reload = await live.reload('admin');
      reply.header('cache-control', 'no-store');
      if (reload.outcome === 'failed') throw failure(reload.error);
      if (reload.outcome !== 'refused') return { outcome: reload.outcome, catalogue: reload.digest };
      const { findings } = reload;
      const problem = new Problem('catalogue_refused', {
        errors: findings.map((finding) => ({ detail: formatFinding(finding) })),
      });
      return reply
        .code(problem.status)
        .type('application/problem+json; charset=utf-8')
        .send(JSON.stringify({ ...problemBody(problem, 'en', request.id), findings }));
    });
  };
}

function failure(cause: unknown): Problem {
  return isStoreUnavailable(cause)
    ? new Problem('store_unavailable', { retryAfter: 5, cause })
    : new Problem('internal_error', { cause });
}
