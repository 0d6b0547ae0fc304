import t, { type Test } from 'tap';
import type { Ending, Reload } from '../../../../gateway/catalog/live/live.ts';
import type { Revocations } from '../../../../gateway/identity/revocations.ts';
import { catalogueAdmin } from '../../../../gateway/operators/admin/admin-catalogue.ts';
import { revocationRoutes } from '../../../../gateway/operators/admin/revocation-routes.ts';
import { buildOperationsApp } from '../../../../gateway/operators/server.ts';
import { markStoreError } from '../../../../gateway/store/origin.ts';
import { createMetrics } from '../../../../gateway/telemetry/metrics.ts';
import { reportFailures } from '../../../../gateway/telemetry/report-failures.ts';
import { agreementOf, catalogOf, grantOf } from '../../changes/support.ts';
import { keptLog } from '../../evidence/support.ts';

const health = {
  live: () => ({ status: 200, body: { status: 'ok' } }) as const,
  ready: () => ({ status: 200, body: { status: 'ok' } }) as const,
};

/** An operators' port whose reload comes to `outcome`; `causes` are those of its reloads. */
function port(
  t: Test,
  outcome: Reload,
  admin = true,
  heldNow: () => Promise<readonly Ending[]> = async () => ends,
) {
  const { log, lines } = keptLog();
  const causes: string[] = [];
  const app = buildOperationsApp({
    metrics: createMetrics(),
    health,
    log,
    failures: reportFailures(log),
    ...(admin && {
      admin: {
        operators: { identify: async (token) => (token === 'operator' ? 'nguyen.van.an' : undefined) },
        routes: [
          catalogueAdmin(
            {
              current: () =>
                catalogOf(grantOf('TT-1', { agreement: agreementOf('TT-1', { validUntil: 5 }) })),
              reload: async (cause: string, operator?: string) => {
                t.equal(operator, 'nguyen.van.an');
                causes.push(cause);
                return outcome;
              },
              plan: async () => {
                causes.push('dry run');
                return outcome.outcome === 'swapped' ? { ...outcome, outcome: 'planned' } : outcome;
              },
            },
            heldNow,
            () => 10,
          ),
          revocationRoutes({
            revocations: { list: heldNow } as unknown as Revocations,
            catalog: () => catalogOf(),
            evidence: { appendIn: async () => () => {} },
          }),
        ],
      },
    }),
  });
  t.teardown(() => app.close());
  const reload = (authorization = 'Bearer operator', query = '') =>
    app.inject({ method: 'POST', url: `/admin/catalogue/reload${query}`, headers: { authorization } });
  const get = (path: string, authorization = 'Bearer operator') =>
    app.inject({ method: 'GET', url: `/admin/${path}`, headers: { authorization } });
  const held = (authorization?: string) => get('endings', authorization);
  const errors = () =>
    lines.map((line): Record<string, unknown> => JSON.parse(line)).filter(({ level }) => level === 'error');
  return { causes, reload, get, held, errors };
}

const ends: Ending[] = [
  {
    agreement: 'TT-1',
    reason: 'removed',
    streams: ['business.changes.read enterprise'],
    services: ['business.enterprise.read@1'],
    systems: ['G12.thue'],
    topics: ['lienthong.business.enterprise.TT-1.g1'],
    webhooks: ['0198d9a4-0000-7000-8000-000000000000'],
    at: '2026-11-25T00:00:00.000Z',
  },
];

const findings = [
  { file: 'agreements/tax.yaml', line: 12, message: 'field "/x" is not in the contract' },
  { file: 'services/lookup.yaml', line: 1, message: 'there is no schema ghost.schema.json' },
];

for (const [outcome, status, body] of [
  [{ outcome: 'swapped', digest: 'abc', ends }, 200, { outcome: 'swapped', catalogue: 'abc', ends }],
  [{ outcome: 'unchanged', digest: 'abc' }, 200, { outcome: 'unchanged', catalogue: 'abc', ends: [] }],
  [
    { outcome: 'refused', findings },
    422,
    {
      code: 'catalogue_refused',
      findings,
      errors: [{ detail: 'agreements/tax.yaml:12: field "/x" is not in the contract' }, { detail: /ghost/ }],
    },
  ],
  [{ outcome: 'failed', error: new Error('secret path') }, 500, { code: 'internal_error' }],
  [
    {
      outcome: 'failed',
      error: markStoreError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })),
    },
    503,
    { code: 'store_unavailable' },
  ],
  [
    { outcome: 'failed', error: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) },
    500,
    { code: 'internal_error' },
  ],
] as const satisfies readonly [Reload, number, object][]) {
  t.test(`${outcome.outcome}: ${status}`, async (t) => {
    const { causes, reload } = port(t, outcome);
    const answer = await reload();
    t.equal(answer.statusCode, status);
    t.match(answer.json(), body);
    t.notMatch(answer.body, 'secret path');
    t.same(causes, ['admin']);
  });
}

t.test('a dry run says what a reload would end, and nothing is swapped', async (t) => {
  const { causes, reload, held } = port(t, { outcome: 'swapped', digest: 'abc', ends });
  const answer = await reload(undefined, '?dryRun=true');
  t.same(answer.json(), { outcome: 'planned', catalogue: 'abc', ends });
  t.equal((await reload(undefined, '?dryRun=false')).json().outcome, 'swapped');
  t.equal((await reload(undefined, '?dryRun=perhaps')).statusCode, 400);
  t.equal((await reload(undefined, '?dryrun=true')).statusCode, 400, 'a word misspelt reloads nothing');
  t.same(causes, ['dry run', 'admin']);
  const topics = ['lienthong.business.enterprise.TT-1.g*'];
  const term = { agreement: 'TT-1', consumer: 'G12.thue', validUntil: '1970-01-01', hasEnded: true, topics };
  t.same((await held()).json(), { ends, terms: [term] });
});

t.test('nobody but an operator', async (t) => {
  const { causes, reload, held } = port(t, { outcome: 'unchanged', digest: '' });
  t.equal((await reload('Bearer agency')).statusCode, 401);
  t.equal((await held('Bearer agency')).statusCode, 401);
  t.same(causes, []);
});

t.test('no guard, no route', async (t) => {
  const { reload } = port(t, { outcome: 'unchanged', digest: '' }, false);
  t.equal((await reload()).statusCode, 404);
});

for (const path of ['endings', 'revocations']) {
  t.test(
    `${path}: while PostgreSQL is away the first request of a minute has a line, without places`,
    async (t) => {
      const away = () =>
        Promise.reject(markStoreError(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })));
      const { get, errors } = port(t, { outcome: 'unchanged', digest: '' }, true, away);
      for (let time = 0; time < 3; time++) t.equal((await get(path)).statusCode, 503);
      const lines = errors().map(({ time: _, requestId, ...line }) => ({ ...line, of: typeof requestId }));
      t.strictSame(lines, [
        {
          level: 'error',
          of: 'string',
          route: `/admin/${path}`,
          cause: { type: 'Error', code: 'ECONNREFUSED' },
          msg: 'store_unavailable',
        },
      ]);
    },
  );
}

t.test('each defect has a line, with its places', async (t) => {
  const { held, errors } = port(t, { outcome: 'unchanged', digest: '' }, true, () =>
    Promise.reject(new Error('x')),
  );
  for (let time = 0; time < 2; time++) t.equal((await held()).statusCode, 500);
  t.equal(errors().length, 2);
  t.match(errors(), [{ msg: 'operators’ port failed', route: '/admin/endings', err: { stack: /at / } }]);
});
