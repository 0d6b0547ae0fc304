import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Adapter, UpstreamState } from '../../../../adapters/adapter.ts';
import { loadCatalog } from '../../../../gateway/catalog/live/load.ts';
import { probeUpstreams } from '../../../../gateway/operators/health/probe-upstreams.ts';
import { stateOf } from '../../../../gateway/operators/health/upstream-state.ts';
import { createMetrics } from '../../../../gateway/telemetry/metrics.ts';

const inPackage = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
const catalog = await loadCatalog({ contractsDir: inPackage('contracts'), schemasDir: inPackage('schemas') });

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A registry whose servers are as the test says, and which notes who is asked. */
function world(test: Test, registry: string, names: readonly string[], every = 60_000, hold?: Promise<void>) {
  const states = new Map(names.map((name) => [name, { name, breaker: 'closed' } as Mutable<UpstreamState>]));
  const clock = { now: 1_000_000 };
  const asked: string[] = [];
  let held = hold;
  const adapter: Adapter = {
    registry,
    operations: {},
    upstreams: () => [...states.values()],
    async probe(name) {
      asked.push(name);
      await held;
      const state = states.get(name)!;
      if (state.failure) throw new Error('no answer');
      state.answeredAt = clock.now;
    },
    close: async () => {},
  };
  const metrics = createMetrics();
  const probes = probeUpstreams({
    ...{
      adapters: new Map([[registry, adapter]]),
      catalog: () => catalog,
      every,
      metrics,
      now: () => clock.now,
    },
  });
  test.teardown(() => probes.close());
  /** So many seconds pass, each with a look. @returns who was asked meanwhile */
  const pass = async (seconds: number): Promise<string[]> => {
    const from = asked.length;
    for (let second = 0; second < seconds; second++) {
      clock.now += 1000;
      probes.look();
      await new Promise(setImmediate);
    }
    return asked.slice(from);
  };
  const state = async (upstream: string) => {
    const { values } = await metrics.upstreamState.get();
    const of = values.filter(({ labels }) => labels.upstream === upstream);
    test.equal(of.length, 3);
    return of
      .filter(({ value }) => value === 1)
      .map(({ labels }) => labels.state)
      .join();
  };
  return {
    ...{ states, clock, asked, pass, state },
    hold: (until: Promise<void>) => {
      held = until;
    },
  };
}

t.test(
  'an upstream without an answer yet is asked at the start, and then only after a silence',
  async (t) => {
    const { states, asked, pass, state, clock } = world(t, 'population', ['population']);
    t.equal(await state('population'), 'unknown', 'not up before it has answered');
    t.strictSame(asked, ['population']);
    t.strictSame(await pass(59), []);
    t.equal(await state('population'), 'up');
    t.strictSame(await pass(2), ['population'], 'a minute without an answer');
    for (let minute = 0; minute < 5; minute++) {
      states.get('population')!.answeredAt = clock.now;
      t.strictSame(await pass(50), [], 'who answers calls is not asked');
    }
  },
);

t.test(
  'an upstream that fails is asked every five seconds until it answers, with or without calls',
  async (t) => {
    const { states, pass, state } = world(t, 'business', ['business']);
    await pass(1);
    const business = states.get('business')!;
    Object.assign(business, { failure: 'timeout', failedAt: 1_001_000, breaker: 'open' });
    const asked = await pass(60);
    t.ok(asked.length >= 11 && asked.length <= 13, `${asked.length} in a minute`);
    t.equal(await state('business'), 'down');
    Object.assign(business, { failure: undefined, breaker: 'closed' });
    await pass(6);
    t.equal(await state('business'), 'up');
    t.strictSame(await pass(50), []);
  },
);

t.test('eight at a time, none twice at once, and all in the end', async (t) => {
  const names = Array.from({ length: 20 }, (_, index) => `land/${index}`);
  const gate = Promise.withResolvers<void>();
  const { asked, pass, hold } = world(t, 'land', names);
  t.equal(asked.length, 8);
  hold(gate.promise);
  await pass(20);
  const underWay = asked.slice(8);
  t.equal(underWay.length, 8);
  t.equal(new Set(underWay).size, 8);
  gate.resolve();
  await pass(3);
  t.strictSame(new Set(asked), new Set(names));
});

t.test('eight that hang do not keep the others from being asked', async (t) => {
  const hanging = Array.from({ length: 8 }, (_, index) => `land/0${index}`);
  const others = ['land/10', 'land/11', 'land/12'];
  let deadline = Promise.withResolvers<void>();
  const { asked, states, clock, pass, hold } = world(
    ...([t, 'land', [...hanging, ...others], 60_000, deadline.promise] as const),
  );
  t.strictSame(asked, hanging, 'the first eight, at the start');
  for (const name of hanging) states.get(name)!.failure = 'timeout';
  for (let round = 0; round < 4; round++) {
    await pass(5);
    deadline.resolve();
    for (const name of hanging) states.get(name)!.failedAt = clock.now;
    deadline = Promise.withResolvers();
    hold(deadline.promise);
    await new Promise(setImmediate);
  }
  deadline.resolve();
  for (const name of others) t.ok(asked.includes(name), `${name} was asked`);
});

t.test('not asked: by the configuration, or when the catalogue has nothing of it', async (t) => {
  const off = world(t, 'land', ['land/01'], 0);
  await off.pass(100);
  t.strictSame(off.asked, []);
  const unused = world(t, 'civil-status', ['civil-status']);
  Object.assign(unused.states.get('civil-status')!, {
    breaker: 'open',
    failedAt: 1_000_000,
    failure: 'failed',
  });
  await unused.pass(200);
  t.equal(await unused.state('civil-status'), 'down');
  await unused.pass(101);
  t.equal(await unused.state('civil-status'), 'unknown', 'what nobody looks at is not down for ever');
  t.strictSame(unused.asked, []);
});

t.test('the state, by what was heard', async (t) => {
  const MINUTE = 60_000;
  const now = 100 * MINUTE;
  const cases: [Omit<UpstreamState, 'name'>, string, string?][] = [
    [{ breaker: 'closed' }, 'unknown', 'not_asked'],
    [{ breaker: 'closed', answeredAt: now - MINUTE }, 'up'],
    [{ breaker: 'closed', answeredAt: now - 2 * MINUTE, failedAt: now, failure: 'failed' }, 'up'],
    [{ breaker: 'closed', answeredAt: now - 6 * MINUTE }, 'unknown', 'not_asked'],
    [{ breaker: 'closed', failedAt: now, failure: 'timeout' }, 'unknown', 'timeout'],
    [
      { breaker: 'open', answeredAt: now - 9 * MINUTE, failedAt: now, failure: 'server_error' },
      'down',
      'server_error',
    ],
    [{ breaker: 'half-open', failedAt: now - MINUTE, failure: 'timeout' }, 'down', 'timeout'],
    [{ breaker: 'open', failedAt: now - 6 * MINUTE, failure: 'timeout' }, 'unknown', 'not_asked'],
  ];
  for (const [state, status, reason] of cases) {
    const found = stateOf({ name: 'x', ...state }, now, MINUTE);
    t.strictSame([found.status, found.reason], [status, reason], JSON.stringify(state));
  }
  const patient = { name: 'x', breaker: 'closed', answeredAt: now - 50 * MINUTE } as const;
  t.equal(stateOf(patient, now, 20 * MINUTE).status, 'up', 'asked seldom, it is believed longer');
});
