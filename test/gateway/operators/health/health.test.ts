import t, { type Test } from 'tap';
import type { UpstreamState } from '../../../../adapters/adapter.ts';
import { kafkaChecks } from '../../../../gateway/changes/sinks/kafka/open-kafka.ts';
import { openEvidence } from '../../../../gateway/evidence/open.ts';
import {
  type Check,
  type DependencyStatus,
  Down,
  watchDependencies,
} from '../../../../gateway/operators/health/dependencies.ts';
import { createHealth, healthOf } from '../../../../gateway/operators/health/health.ts';
import { buildOperationsApp } from '../../../../gateway/operators/server.ts';
import { openPool } from '../../../../gateway/store/pool.ts';
import { migrate } from '../../../../gateway/store/prepare/migrate.ts';
import { deriveSecrets } from '../../../../gateway/store/secrets.ts';
import { createLog } from '../../../../gateway/telemetry/log.ts';
import { createMetrics } from '../../../../gateway/telemetry/metrics.ts';
import { reportFailures } from '../../../../gateway/telemetry/report-failures.ts';
import { freshDatabase, ownPostgres } from '../../../support/database.ts';
import { promtool } from '../metrics/promtool.ts';

const log = createLog('silent');

/** Dependencies whose states the test sets. */
function watched(t: Test, names: Record<string, { required: boolean; patience?: number }>) {
  const states: Record<string, DependencyStatus | Promise<DependencyStatus> | Error> = {};
  const clock = { now: Date.UTC(2026, 10, 22) };
  let looks = 0;
  const checks: Check[] = Object.entries(names).map(([name, options]) => {
    states[name] = 'up';
    return {
      name,
      ...options,
      check() {
        looks++;
        const state = states[name]!;
        if (state instanceof Error) throw state;
        return state;
      },
    };
  });
  const metrics = createMetrics();
  const dependencies = watchDependencies({ checks, metrics, log, timeLimit: 20, now: () => clock.now });
  t.teardown(() => dependencies.close());
  return { states, clock, metrics, dependencies, health: healthOf(dependencies), looks: () => looks };
}

t.test(
  'ready: unavailable without what is required, degraded without the rest, and it is named',
  async (t) => {
    const { states, clock, health, dependencies, metrics } = watched(t, {
      postgresql: { required: true },
      kafka: { required: false },
    });
    t.equal(health.ready().status, 503, 'not before the first checks have ended');
    await dependencies.check();
    t.same(health.ready(), {
      status: 200,
      body: {
        status: 'ok',
        dependencies: {
          postgresql: { status: 'up', since: '2026-11-22T00:00:00.000Z' },
          kafka: { status: 'up', since: '2026-11-22T00:00:00.000Z' },
        },
      },
    });

    clock.now += 60_000;
    states.kafka = new Error('no broker');
    await dependencies.check();
    t.match(health.ready(), {
      status: 200,
      body: {
        status: 'degraded',
        dependencies: { kafka: { status: 'down', since: '2026-11-22T00:01:00.000Z' } },
      },
    });
    const value = async () =>
      Object.fromEntries(
        (await metrics.dependencyUp.get()).values.map((v) => [v.labels.dependency, v.value]),
      );
    t.same(await value(), { postgresql: 1, kafka: 0 });

    states.postgresql = 'down';
    await dependencies.check();
    t.match(health.ready(), {
      status: 503,
      body: { status: 'unavailable', dependencies: { postgresql: { status: 'down' } } },
    });
    t.same(health.live(), { status: 200, body: { status: 'ok' } }, 'a restart would not help');

    states.postgresql = 'up';
    states.kafka = 'off';
    await dependencies.check();
    t.match(health.ready(), {
      status: 200,
      body: { status: 'ok', dependencies: { kafka: { status: 'off' } } },
    });
    t.same(await value(), { postgresql: 1 });

    health.drain();
    t.match(health.ready(), { status: 503, body: { status: 'unavailable', reason: 'draining' } });
  },
);

t.test('a check that does not answer in time has failed', async (t) => {
  const { states, health, dependencies } = watched(t, { postgresql: { required: true } });
  await dependencies.check();
  states.postgresql = new Promise<DependencyStatus>(() => {});
  await dependencies.check();
  t.equal(health.ready().status, 503);
});

t.test('patience: one failure is forgiven, the second in a row is not', async (t) => {
  const { states, health, dependencies } = watched(t, { postgresql: { required: true, patience: 2 } });
  await dependencies.check();
  for (const [state, status] of [
    ['down', 200],
    ['up', 200],
    ['down', 200],
    ['down', 503],
    ['up', 200],
  ] as const) {
    states.postgresql = state;
    await dependencies.check();
    t.equal(health.ready().status, status);
  }
});

t.test('a dependency that is asked by way of another one is not blamed for it', async (t) => {
  let answer: Promise<DependencyStatus> = Promise.resolve('up');
  const check: Check = { name: 'kafka topics', required: false, through: 'postgresql', check: () => answer };
  const metrics = createMetrics();
  const lines: { msg: string }[] = [];
  const own = createLog('info', { write: (line) => void lines.push(JSON.parse(line)) });
  const dependencies = watchDependencies({ checks: [check], metrics, log: own, timeLimit: 20 });
  t.teardown(() => dependencies.close());
  const health = healthOf(dependencies);
  const is = async (status: string, reason?: string, whole = 'ok') => {
    await dependencies.check();
    t.match(health.ready(), { status: 200, body: { status: whole } });
    t.match(health.ready().body.dependencies?.['kafka topics'], { status, ...(reason && { reason }) });
  };
  await is('up');
  answer = Promise.reject(new Error('connect ECONNREFUSED'));
  answer.catch(() => {});
  await is('unknown', 'postgresql');
  t.strictSame((await metrics.dependencyUp.get()).values, [], 'neither 1 nor 0');
  answer = new Promise(() => {});
  await is('unknown', 'postgresql');
  answer = Promise.resolve('up');
  await is('up');
  t.strictSame(lines, [], 'its own state has not changed');
  answer = Promise.reject(new Down('locked', { names: ['quotas'] }));
  answer.catch(() => {});
  await is('down', 'locked', 'degraded');
  t.match(lines, [
    { msg: 'a dependency is down', dependency: 'kafka topics', reason: 'locked', names: ['quotas'] },
  ]);
  answer = Promise.reject(new Error('connect ECONNREFUSED'));
  answer.catch(() => {});
  await is('unknown', 'postgresql');
  answer = Promise.reject(new Down('locked'));
  answer.catch(() => {});
  await is('down', 'locked', 'degraded');
  t.equal(lines.length, 1, 'still for the same reason');
});

t.test(
  'the log has one line when a state changes, with the reason, and none for what was up from the beginning',
  async (t) => {
    const clock = { now: 0 };
    let found: DependencyStatus | Down = 'unknown';
    const check: Check = {
      name: 'kafka',
      required: false,
      check() {
        if (found instanceof Down) throw found;
        return found;
      },
    };
    const lines: Record<string, unknown>[] = [];
    const own = createLog('info', { write: (line) => void lines.push(JSON.parse(line)) });
    const metrics = createMetrics();
    const dependencies = watchDependencies({ checks: [check], metrics, log: own, now: () => clock.now });
    t.teardown(() => dependencies.close());
    const turns = async (state: DependencyStatus | Down) => {
      found = state;
      for (let turn = 0; turn < 20; turn++) await dependencies.check();
    };
    await turns('unknown');
    await turns('up');
    t.strictSame(lines, []);
    const cause = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    await turns(new Down('unreachable', { cause }));
    clock.now += 4_000;
    await turns(new Down('no_answer'));
    clock.now += 5_000;
    await turns('up');
    t.strictSame(
      lines.map(({ time: _, ...line }) => line),
      [
        {
          ...{ level: 'error', dependency: 'kafka', reason: 'unreachable' },
          cause: { type: 'Error', code: 'ECONNREFUSED' },
          msg: 'a dependency is down',
        },
        {
          level: 'error',
          dependency: 'kafka',
          reason: 'no_answer',
          msg: 'a dependency is down for another reason',
        },
        { level: 'info', dependency: 'kafka', seconds: 9, msg: 'a dependency is up again' },
      ],
    );
  },
);

t.test('the port: metrics, live, ready, and a problem for everything else', async (t) => {
  const { states, health, dependencies, metrics, looks } = watched(t, { postgresql: { required: true } });
  await dependencies.check();
  const app = buildOperationsApp({ metrics, health, log, failures: reportFailures(log) });
  t.teardown(() => app.close());
  const before = looks();
  for (let i = 0; i < 100; i++) await app.inject('/health/ready');
  t.equal(looks(), before, 'a storm of probes checks nothing');

  const ready = await app.inject('/health/ready');
  t.equal(ready.statusCode, 200);
  t.equal(ready.json().status, 'ok');
  t.equal(ready.headers['cache-control'], 'no-store');
  t.same((await app.inject('/health/live')).json(), { status: 'ok' });
  states.postgresql = 'down';
  await dependencies.check();
  t.equal((await app.inject('/health/ready')).statusCode, 503);

  const scrape = await app.inject('/metrics');
  t.match(scrape.headers['content-type'], 'text/plain; version=0.0.4');
  t.match(scrape.body, 'lienthong_dependency_up{dependency="postgresql"} 0');
  promtool(t, ['check', 'metrics'], scrape.body);

  for (const url of ['/', '/v1/business/enterprises/0312345678', '/admin', '/health/..%2f']) {
    const missing = await app.inject(url);
    t.equal(missing.statusCode, 404);
    t.match(missing.headers['content-type'], 'application/problem+json');
    t.match(missing.json(), { code: 'route_not_found', status: 404 });
  }
});

t.test('a failure on the port reveals no reason', async (t) => {
  const { metrics } = watched(t, {});
  const health = {
    live: () => {
      throw new Error('secret');
    },
    ready: () => {
      throw new Error('secret');
    },
  };
  const app = buildOperationsApp({ metrics, health, log, failures: reportFailures(log) });
  t.teardown(() => app.close());
  const failed = await app.inject('/health/ready');
  t.equal(failed.statusCode, 500);
  t.match(failed.json(), { code: 'internal_error' });
  t.notMatch(failed.body, 'secret');
});

t.test('the gateway’s own dependencies, PostgreSQL stopped and started again', async (t) => {
  const server = await ownPostgres(t);
  const pool = openPool({ url: server.url, name: 'test', max: 2, onIdleError: () => {} });
  t.teardown(() => pool.end());
  const breakers: Record<string, UpstreamState['breaker']> = { 'land/01': 'closed', 'land/79': 'closed' };
  const land = {
    registry: 'land',
    operations: {},
    upstreams: () =>
      Object.entries(breakers).map(([name, breaker]) => ({
        ...{ name, breaker, answeredAt: performance.now() },
        ...(breaker === 'open' && { failure: 'timeout' as const }),
      })),
    probe: async () => {},
    close: async () => {},
  };
  let signing = true;
  let polling: 'up' | 'down' = 'up';
  await migrate(pool);
  const metrics = createMetrics();
  const secrets = deriveSecrets(Buffer.alloc(32, 7));
  const evidence = openEvidence({ pool, secrets, metrics, log });
  t.teardown(() => evidence.close());
  let fresh = true;
  const health = createHealth({
    pool,
    evidence,
    revocations: { fresh: () => fresh },
    identity: { health: () => ({ ready: signing }) },
    changes: {
      checks: [{ name: 'kafka', check: () => ({ status: 'off' }) }],
      polls: { registries: ['business'], status: async () => polling },
    },
    adapters: new Map([['land', land]]),
    probeEvery: 60_000,
    metrics,
    log,
  });
  t.teardown(() => health.close());
  const until = async (matches: (answer: ReturnType<typeof health.ready>) => boolean) => {
    while (!matches(health.ready())) await new Promise((resolve) => setTimeout(resolve, 20));
    return health.ready().body;
  };
  const first = await until(({ body }) => body.status === 'ok');
  t.same(Object.keys(first.dependencies!), [
    'postgresql',
    'classes of calls',
    'revocations',
    'signing keys',
    'kafka',
    'polling business',
    'registry land/01',
    'registry land/79',
  ]);

  breakers['land/79'] = 'open';
  t.match(await until(({ body }) => body.status === 'degraded'), {
    dependencies: {
      'registry land/01': { status: 'up' },
      'registry land/79': { status: 'down', reason: 'timeout' },
    },
  });
  breakers['land/79'] = 'closed';
  polling = 'down';
  t.match(await until(({ body }) => body.dependencies?.['polling business']?.status === 'down'), {
    status: 'degraded',
  });
  await server.halt();
  t.match(await until(({ status }) => status === 503), {
    status: 'unavailable',
    dependencies: { postgresql: { status: 'down', reason: 'unreachable' } },
  });
  await server.start();
  await until(({ status }) => status === 200);
  signing = false;
  t.match(await until(({ status }) => status === 503), {
    dependencies: { 'signing keys': { status: 'down', reason: 'no_key' } },
  });
  signing = true;
  await until(({ status }) => status === 200);
  fresh = false;
  t.match(await until(({ status }) => status === 503), {
    dependencies: { revocations: { status: 'down', reason: 'revocations_unknown' } },
  });
  fresh = true;
  t.strictSame((await until(({ status }) => status === 200)).dependencies!.revocations, {
    status: 'up',
    since: health.ready().body.dependencies!.revocations!.since,
  });
});

t.test('a topic that cannot be made is degraded, and named', async (t) => {
  let troubled: string[] = [];
  const pool = openPool({ url: await freshDatabase(t), name: 'test', max: 2, onIdleError: () => {} });
  t.teardown(() => pool.end());
  await migrate(pool);
  const metrics = createMetrics();
  const evidence = openEvidence({ pool, secrets: deriveSecrets(Buffer.alloc(32, 7)), metrics, log });
  t.teardown(() => evidence.close());
  const health = createHealth({
    pool,
    evidence,
    revocations: { fresh: () => true },
    identity: { health: () => ({ ready: true }) },
    changes: {
      checks: kafkaChecks(
        { health: () => ({ status: 'up' }) },
        { troubled: async () => troubled.map((topic) => ({ topic, trouble: 'not_usable' })) },
      ),
      polls: { registries: [], status: async () => 'up' },
    },
    adapters: new Map(),
    probeEvery: 0,
    metrics,
    log,
  });
  t.teardown(() => health.close());
  const until = async (status: string) => {
    while (health.ready().body.status !== status) await new Promise((resolve) => setTimeout(resolve, 20));
    return health.ready();
  };
  t.match(await until('ok'), { status: 200, body: { dependencies: { 'kafka topics': { status: 'up' } } } });
  troubled = ['lienthong.business.enterprise.TT-1.g1'];
  t.match(await until('degraded'), {
    status: 200,
    body: { dependencies: { kafka: { status: 'up' }, 'kafka topics': { status: 'down', names: troubled } } },
  });
  troubled = [];
  const { body } = await until('ok');
  t.notOk(body.dependencies?.['kafka topics']?.names);
});
