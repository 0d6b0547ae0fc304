/**
 * The catalogue on the operators' port.
 *
 *   POST /admin/catalogue/reload               reads the catalogue's files again
 *   POST /admin/catalogue/reload?dryRun=true   reports the effect of a reload, and changes nothing
 *   GET  /admin/endings                        streams, topics and webhooks that are held for a lost grant, and until
 *                                              when; agreements that have ended, or end within thirty days
 *
 * 200 `{ "outcome": "swapped" | "unchanged" | "planned", "catalogue": digest, "ends": [{ "agreement", "reason", "streams",
 * "topics", "webhooks", "at" }] }`: what the reload ends, and when it is removed. 422 `catalogue_refused` with every finding,
 * when the files are broken and the earlier catalogue stays; 503 `store_unavailable` or 500, when the files may be sound but
 * the gateway could not use them, or not record that (`evidence_unavailable`).
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FastifyPluginAsync } from 'fastify';
import { termEndings } from '../../catalog/diff/term-endings.ts';
import type { Ending, LiveCatalog } from '../../catalog/live/live.ts';
import { formatFinding } from '../../catalog/read/catalog-error.ts';
import { compileLazily } from '../../catalog/vocabulary/compile-lazily.ts';
import { Problem, problemBody } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';
import { storeAbsence } from '../../problems/store-unavailable.ts';
import { placedFor, violationsOf } from '../../problems/violations.ts';
import { preferredLanguage } from '../../wire/language.ts';
import { operatorOf } from './admin.ts';

interface ReloadQuery {
  readonly dryRun?: 'true' | 'false';
}

// Fastify would drop an unknown parameter: a misspelt `dryRun` would reload.
const querySchema = {
  type: 'object',
  additionalProperties: false,
  properties: { dryRun: { enum: ['true', 'false'] } },
};
const isQuery = compileLazily<ReloadQuery>(() =>
  new Ajv2020({ strict: true, allErrors: true }).compile(querySchema),
);

/**
 * @param heldNow streams, topics and webhooks that wait for a grant to return; rejects when PostgreSQL is unavailable
 * @param now milliseconds since the epoch
 */
export function catalogueAdmin(
  live: Pick<LiveCatalog, 'current' | 'reload' | 'plan'>,
  heldNow: () => Promise<readonly Ending[]>,
  now: () => number = Date.now,
): FastifyPluginAsync {
  return async (app) => {
    app.post('/catalogue/reload', async (request, reply) => {
      const { query } = request;
      if (!isQuery(query))
        throw new Problem('contract_violation', { errors: placedFor('GET', violationsOf(isQuery.errors)) });
      const reload =
        query.dryRun === 'true'
          ? await live.plan()
          : await live.reload('admin', operatorOf(request), request.id);
      if (reload.outcome === 'failed') throw failure(reload.error);
      if (reload.outcome !== 'refused') {
        const ends = reload.outcome === 'unchanged' ? [] : reload.ends;
        return { outcome: reload.outcome, catalogue: reload.digest, ends };
      }
      const { findings } = reload;
      const problem = new Problem('catalogue_refused', {
        errors: findings.map((finding) => checks.finding(formatFinding(finding))),
      });
      return reply
        .code(problem.status)
        .type('application/problem+json; charset=utf-8')
        .send(
          JSON.stringify({
            ...problemBody(problem, preferredLanguage(request.headers['accept-language'], 'en'), request.id),
            findings,
          }),
        );
    });
    app.get('/endings', async () => {
      const ends = await heldNow().catch((error: unknown) => {
        throw failure(error);
      });
      return { ends, terms: termEndings(live.current(), now()) };
    });
  };
}

function failure(error: unknown): Problem {
  const cause = storeAbsence(error, 5);
  if (cause instanceof Problem) return cause; // what cannot be recorded is not swapped
  return new Problem('internal_error', { cause });
}
