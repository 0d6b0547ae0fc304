import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Catalog } from '../../../../gateway/catalog/catalog.ts';
import { loadCatalog } from '../../../../gateway/catalog/live/load.ts';
import { topicLosses } from '../../../../gateway/changes/sinks/kafka/topics/topic-loss.ts';
import { webhookOutcomes, webhookRefusals } from '../../../../gateway/changes/sinks/webhooks/sink.ts';
import { callResults, resultOf } from '../../../../gateway/http/call-results.ts';
import { beginCounters } from '../../../../gateway/operators/metrics/counter-series.ts';
import { type ProblemCode, problems } from '../../../../gateway/problems/codes.ts';
import { createLog } from '../../../../gateway/telemetry/log.ts';
import { createMetrics, type Metrics } from '../../../../gateway/telemetry/metrics.ts';

const inPackage = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
const catalog = await loadCatalog({ contractsDir: inPackage('contracts'), schemasDir: inPackage('schemas') });
const log = createLog('silent');

const everything = {
  registries: ['population', 'business', 'land'],
  polled: ['business'],
  sinks: [
    { name: 'kafka', refusals: ['too_large'], losses: topicLosses },
    { name: 'webhook', refusals: webhookRefusals, outcomes: webhookOutcomes },
  ],
};

/** Its series, as text, with their values. */
async function seriesOf(metrics: Metrics, name: string): Promise<Record<string, number>> {
  const metric = metrics.register.getSingleMetric(`lienthong_${name}`)!;
  const { values } = await metric.get();
  return Object.fromEntries(values.map(({ labels, value }) => [Object.values(labels).join(), value]));
}

t.test('every counter begins at 0, for every value that its labels can have', async (t) => {
  const metrics = createMetrics();
  beginCounters(metrics, everything, catalog, log);
  const counters = (await metrics.register.getMetricsAsJSON()).filter(
    ({ name, type }) => String(type) === 'counter' && !/_(process|nodejs)_/.test(name),
  );
  t.ok(counters.length > 25);
  const empty: string[] = [];
  for (const { name, values } of counters) {
    if (values.length === 0) empty.push(name);
    t.ok(
      values.every(({ value }) => value === 0),
      name,
    );
  }
  // The first is never counted by an alert; the others begin with an upstream, and with a topic.
  t.strictSame(empty.sort(), [
    'lienthong_kafka_sends_total',
    'lienthong_requests_total',
    'lienthong_upstream_retries_total',
  ]);
  const has = async (name: string, ...labels: string[]) =>
    t.equal((await seriesOf(metrics, name))[labels.join()], 0, `${name} ${labels}`);
  await has('dead_letters_total', 'kafka', 'too_large');
  await has('dead_letters_total', 'webhook', 'retries_exhausted');
  await has('poll_refused_total', 'business', 'change_conflict');
  await has('match_attempts_exhausted_total', 'TT-2026-H26-01');
  await has('write_conflicts_total', 'land');
  await has('poll_entries_total', 'business', 'vanished');
  await has('changes_accepted_total', 'population');
  await has('scope_undecided_total', 'population.person.lookup@1');
  await has('catalogue_reloads_total', 'refused');
  await has('evidence_failures_total');
  await has('kafka_topics_lost_total', 'deleted');
  await has('refusals_total', 'token_refused');
  await has('tokens_total', 'invalid_client');
  await has('token_misuses_total', 'proof_replayed');
  await has('check_warnings_total', 'population.person.lookup@1', 'x-personal-id-agrees');
  for (const result of callResults) await has('calls_total', 'land.parcel.lookup@1', result);
  for (const service of ['none', 'business.changes.read', 'business.snapshot.read', 'catalog.services']) {
    await has('calls_total', service, 'failed');
  }
});

t.test('nothing is begun for what is not there', async (t) => {
  const metrics = createMetrics();
  beginCounters(metrics, { registries: [], polled: [], sinks: [] }, catalog, log);
  for (const name of ['dead_letters_total', 'poll_refused_total', 'write_conflicts_total']) {
    t.strictSame(await seriesOf(metrics, name), {}, name);
  }
});

/** A catalogue without a service and an agency, and without the agreements that a predicate names. */
function without(service: string, agency: string, isGone: (agreement: string) => boolean): Catalog {
  const grants = [...catalog.grants].map(([system, services]) => {
    const left = [...services].map(
      ([key, those]) => [key, those.filter(({ agreement }) => !isGone(agreement.number))] as const,
    );
    return [system, new Map(left)] as const;
  });
  return {
    ...catalog,
    services: new Map([...catalog.services].filter(([key]) => key !== service)),
    agencies: new Map([...catalog.agencies].filter(([code]) => code !== agency)),
    grants: new Map(grants),
  };
}

t.test(
  'series begin with the catalogue that adds them, go with the one that lacks them, and stay otherwise',
  async (t) => {
    const gone = 'land.parcel.boundary@1';
    const small = without(gone, 'H29', (agreement) => agreement === 'TT-2026-H26-01');
    const metrics = createMetrics();
    const counters = beginCounters(metrics, everything, small, log);
    const count = async (service: string) => (await seriesOf(metrics, 'calls_total'))[`${service},answered`];
    const agreements = async () => Object.keys(await seriesOf(metrics, 'match_attempts_exhausted_total'));
    metrics.calls.inc({ service: 'land.parcel.lookup@1', result: 'answered' }, 3);
    t.equal(await count(gone), undefined);
    t.notOk((await agreements()).includes('TT-2026-H26-01'));

    const place = await counters.follow(catalog);
    t.equal(await count(gone), undefined, 'the swap may still be called off');
    place();
    t.equal(await count(gone), 0);
    t.equal(await count('land.parcel.lookup@1'), 3);
    t.ok((await agreements()).includes('TT-2026-H26-01'));

    for (const [service, agency] of [
      [gone, 'H26'],
      ['land.parcel.lookup@1', 'H29'],
      ['land.parcel.lookup@1', 'H26'],
    ] as const) {
      metrics.requests.inc({ service, agency, outcome: 'ok' });
      metrics.requestSeconds.observe({ service, outcome: 'ok' }, 0.01);
    }
    (await counters.follow(small))();
    t.equal(await count(gone), undefined);
    t.equal(await count('land.parcel.lookup@1'), 3);
    t.notOk((await agreements()).includes('TT-2026-H26-01'));
    const requests = async () => Object.keys(await seriesOf(metrics, 'requests_total'));
    while ((await requests()).length > 1) await wait(5);
    t.strictSame(await requests(), ['land.parcel.lookup@1,H26,ok'], 'also what is not begun');
    while ((await metrics.register.metrics()).includes(`seconds_count{service="${gone}"`)) await wait(5);
    t.match(await metrics.register.metrics(), 'seconds_count{service="land.parcel.lookup@1",outcome="ok"} 2');
  },
);

t.test(
  'two thousand agreements are begun; more are begun by their first event, and that is said',
  async (t) => {
    const [system, services] = [...catalog.grants].find(([, those]) =>
      those.has('population.person.lookup@1'),
    )!;
    const [grant] = services.get('population.person.lookup@1')!;
    const many = (count: number): Catalog =>
      withAgreements(Array.from({ length: count }, (_, index) => `TT-${index}`));
    const withAgreements = (numbers: readonly string[]): Catalog => ({
      ...catalog,
      grants: new Map([
        [
          system,
          new Map([
            [
              'population.person.lookup@1',
              numbers.map((number) => ({ ...grant!, agreement: { ...grant!.agreement, number } })),
            ],
          ]),
        ],
      ]),
    });
    const lines: string[] = [];
    const own = createLog('warn', { write: (line) => void lines.push(line) });
    const metrics = createMetrics();
    const counters = beginCounters(metrics, everything, many(2000), own);
    t.equal(Object.keys(await seriesOf(metrics, 'match_attempts_exhausted_total')).length, 2000);
    t.strictSame(lines, []);
    (await counters.follow(many(2001)))();
    t.equal(Object.keys(await seriesOf(metrics, 'match_attempts_exhausted_total')).length, 2000);
    t.match(JSON.parse(lines[0]!), { counter: 'matchAttemptsExhausted', series: 2001, begun: 2000 });
    metrics.matchAttemptsExhausted.inc({ agreement: 'TT-2000' });
    t.equal(Object.keys(await seriesOf(metrics, 'match_attempts_exhausted_total')).length, 2001);

    // One that comes before all the others takes no other's place.
    const numbers = Array.from({ length: 2001 }, (_, index) => `TT-${index}`);
    metrics.matchAttemptsExhausted.inc({ agreement: 'TT-1999' }, 3);
    (await counters.follow(withAgreements(['TT-A', ...numbers])))();
    metrics.matchAttemptsExhausted.inc({ agreement: 'TT-A' });
    const counted = await seriesOf(metrics, 'match_attempts_exhausted_total');
    t.match(counted, { 'TT-1999': 3, 'TT-2000': 1, 'TT-0': 0, 'TT-A': 1 });
    // What was begun by an event goes with its agreement too; the room of one that goes is another's.
    (await counters.follow(withAgreements(numbers.slice(1))))();
    const left = await seriesOf(metrics, 'match_attempts_exhausted_total');
    t.match(left, { 'TT-1999': 3, 'TT-2000': 1 });
    t.notOk('TT-A' in left || 'TT-0' in left);
  },
);

t.test('the result of each outcome', async (t) => {
  const results = Object.groupBy(
    [...Object.keys(problems), 'ok', 'token_refused', 'caller_left', 'cut_off'],
    resultOf,
  );
  t.strictSame(results.answered, ['ok']);
  t.strictSame(results.broken_off, ['caller_left', 'cut_off']);
  for (const code of ['internal_error', 'store_unavailable', 'upstream_timeout', 'overloaded']) {
    t.ok(results.failed?.includes(code), code);
  }
  t.ok(
    results.failed?.every((code) => problems[code as ProblemCode].status >= 500),
    'a refusal is no failure',
  );
  for (const code of ['not_found', 'registry_not_connected', 'outbox_full', 'copies_busy', 'token_refused']) {
    t.ok(results.refused?.includes(code), code);
  }
});
