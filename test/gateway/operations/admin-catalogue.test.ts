import t, { type Test } from 'tap';
import type { Reload } from '../../../gateway/catalog/live.ts';
import { catalogueAdmin } from '../../../gateway/operations/admin-catalogue.ts';
import { createLog } from '../../../gateway/operations/log.ts';
import { createMetrics } from '../../../gateway/operations/metrics.ts';
import { buildOperationsApp } from '../../../gateway/operations/server.ts';
import { markStoreError } from '../../../gateway/store/origin.ts';

const health = {
  live: () => ({ status: 200, body: { status: 'ok' } }) as const,
  ready: () => ({ status: 200, body: { status: 'ok' } }) as const,
};

/** An operators' port whose reload comes to `outcome`; `causes` are those of its reloads. */
function port(t: Test, outcome: Reload, admin = true) {
  const causes: string[] = [];
  const app = buildOperationsApp({
    metrics: createMetrics(),
    health,
    log: createLog('silent'),
    ...(admin && {
      admin: {
        operatorToken: 'operator',
        routes: [
          catalogueAdmin({
            reload: async (cause: string) => {
              causes.push(cause);
              return outcome;
            },
          }),
        ],
      },
    }),
  });
  t.teardown(() => app.close());
  const reload = (authorization = 'Bearer operator') =>
    app.inject({ method: 'POST', url: '/admin/catalogue/reload', headers: { authorization } });
  return { causes, reload };
}

const findings = [
  { file: 'agreements/tax.yaml', line: 12, message: 'field "/x" is not in the contract' },
  { file: 'services/lookup.yaml', line: 1, message: 'there is no schema ghost.schema.json' },
];

for (const [outcome, status, body] of [
  [{ outcome: 'swapped', digest: 'abc' }, 200, { outcome: 'swapped', catalogue: 'abc' }],
  [{ outcome: 'unchanged', digest: 'abc' }, 200, { outcome: 'unchanged', catalogue: 'abc' }],
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

t.test('nobody but an operator', async (t) => {
  const { causes, reload } = port(t, { outcome: 'unchanged', digest: '' });
  t.equal((await reload('Bearer agency')).statusCode, 401);
  t.same(causes, []);
});

t.test('no guard, no route', async (t) => {
  const { reload } = port(t, { outcome: 'unchanged', digest: '' }, false);
  t.equal((await reload()).statusCode, 404);
});
