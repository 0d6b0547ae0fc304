/**
 * `POST /admin/catalogue/reload` on the operators' port: reads the catalogue's files again.
 *
 * 200 `{ "outcome": "swapped" | "unchanged", "catalogue": digest }`; 422 `catalogue_refused` with every finding, when the
 * files are broken and the catalogue before stays; 503 `store_unavailable` or 500, when the files may be sound and the
 * gateway could not take them on.
 */
import type { FastifyPluginAsync } from 'fastify';
import { formatFinding } from '../catalog/compile.ts';
import type { LiveCatalog } from '../catalog/live.ts';
import { Problem, problemBody } from '../errors.ts';
import { isStoreUnavailable } from '../store/pool.ts';

export function catalogueAdmin(live: Pick<LiveCatalog, 'reload'>): FastifyPluginAsync {
  return async (app) => {
    app.post('/catalogue/reload', async (request, reply) => {
      const reload = await live.reload('admin');
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
