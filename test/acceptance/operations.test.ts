/** The operators' port: metrics and health. */
import t from 'tap';
import type { Answer } from './support/answer.ts';
import type { Question } from './support/call.ts';
import { startSandbox } from './support/sandbox.ts';
import { findTool } from './support/tools.ts';
import { until } from './support/until.ts';

t.setTimeout(300_000);

const sandbox = await startSandbox(t);

const PERSON = '001093824428';
const PARCEL = '/v1/land/parcels/00004/1/8';
const tax = { as: 'G12.thue', purpose: 'quan-ly-thue' };

/** Calls for the metrics to count: an answer and a refusal for each registry. */
const asked: readonly (readonly [question: Question, status: number])[] = [
  [{ ...tax, path: '/v1/business/enterprises?provinceCode=01&pageSize=1' }, 200],
  [{ ...tax, path: '/v1/business/enterprises/nothing' }, 400],
  [{ ...tax, path: PARCEL }, 200],
  [{ ...tax, path: '/v1/land/parcels/00004/900/1' }, 404],
  [{ ...tax, path: '/v1/population/persons/lookup', body: { personalId: PERSON } }, 200],
  [{ as: 'H29.thu', path: PARCEL }, 403],
  [{ as: undefined, path: PARCEL }, 401],
];
const answers: Answer[] = [];
for (const [question] of asked) answers.push(await sandbox.call(question));

t.test('the calls that the metrics count', async (t) => {
  for (const [index, [{ path }, status]] of asked.entries()) t.equal(answers[index]?.status, status, path);
});

const readMetrics = async () => {
  const response = await fetch(`${sandbox.operationsUrl}/metrics`);
  return { type: response.headers.get('content-type') ?? '', text: await response.text() };
};

t.test('promtool accepts /metrics', async (t) => {
  const promtool = findTool(t, 'promtool', 'prometheus');
  if (!promtool) return;
  const { text } = await readMetrics();
  t.equal(promtool(['check', 'metrics'], text), '', 'nothing to remark');
});

t.test('/metrics names everything that operators were promised', async (t) => {
  const { type, text } = await readMetrics();
  t.match(type, /^text\/plain; version=0\.0\.4/);
  const sample = (name: string, ...labels: string[]) =>
    text
      .split('\n')
      .some(
        (line) =>
          (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) &&
          labels.every((label) => line.includes(label)),
      );
  for (const [name, ...labels] of [
    ['lienthong_requests_total', 'service="business.enterprise.search@1"', 'agency="G12"', 'outcome="ok"'],
    ['lienthong_requests_total', 'service="land.parcel.lookup@1"', 'agency="H29"', 'outcome="no_agreement"'],
    ['lienthong_requests_total', 'service="land.parcel.lookup@1"', 'outcome="not_found"'],
    ['lienthong_requests_total', 'outcome="contract_violation"'],
    ['lienthong_requests_total', 'agency="none"', 'outcome="token_missing"'],
    ['lienthong_request_duration_seconds_bucket', 'service="business.enterprise.search@1"', 'le="+Inf"'],
    ['lienthong_upstream_duration_seconds_count', 'upstream="population"'],
    ['lienthong_upstream_duration_seconds_count', 'upstream="business"'],
    ['lienthong_upstream_duration_seconds_count', 'upstream="land/01"'],
    ['lienthong_evidence_commit_duration_seconds_count'],
    ['lienthong_evidence_entries_total', 'kind="disclosure"'],
    ['lienthong_evidence_entries_total', 'kind="refusal"'],
    ['lienthong_refusals_total', 'code="token_missing"'],
    ['lienthong_tokens_total', 'outcome="ok"'],
    ['lienthong_nodejs_eventloop_lag_p99_seconds'],
    ['lienthong_dependency_up', 'dependency="postgresql"'],
    ['lienthong_build_info', 'version="', 'node="v', 'catalogue="'],
  ] as const)
    t.ok(sample(name, ...labels), [name, ...labels].join(' '));
  // Without Kafka, and without failures, these have no samples; they are described nevertheless.
  for (const name of [
    'lienthong_upstream_retries_total',
    'lienthong_upstream_breaker_open',
    'lienthong_outbox_depth',
    'lienthong_outbox_oldest_unsent_seconds',
    'lienthong_kafka_sends_total',
  ])
    t.match(text, new RegExp(`^# TYPE ${name} (counter|gauge)$`, 'm'));
});

t.test('/metrics carries no identifier', async (t) => {
  const { text } = await readMetrics();
  // An enterprise's code has ten digits, a person's number twelve. The catalogue's digest is hexadecimal, and may have ten digits in a row.
  const isIdentifier = (value: string) => /\d{10}/.test(value);
  t.ok(isIdentifier(PERSON) && isIdentifier(JSON.stringify(answers[0]?.body)), 'calls had identifiers');
  const values = [...text.matchAll(/(\w+)="([^"]*)"/g)].filter(([, label]) => label !== 'catalogue');
  t.ok(values.length > 100, `${values.length} values`);
  t.same(
    values.filter(([, , value]) => isIdentifier(value!)).map(([pair]) => pair),
    [],
  );
});

t.test('/health/live', async (t) => {
  const response = await fetch(`${sandbox.operationsUrl}/health/live`);
  t.equal(response.status, 200);
  t.strictSame(await response.json(), { status: 'ok' });
});

t.test('/health/ready names each dependency', async (t) => {
  const { status, dependencies } = await until('all was checked once', async () => {
    const response = await fetch(`${sandbox.operationsUrl}/health/ready`);
    const document = (await response.json()) as {
      status: string;
      dependencies: Record<string, { status: string; since: string }>;
    };
    const isKnown = Object.values(document.dependencies).every((one) => one.status !== 'unknown');
    return response.status === 200 && document.status === 'ok' && isKnown && document;
  });
  t.equal(status, 'ok');
  t.strictSame(Object.fromEntries(Object.entries(dependencies).map(([name, { status }]) => [name, status])), {
    postgresql: 'up',
    'classes of calls': 'up',
    revocations: 'up',
    'signing keys': 'up',
    kafka: 'off',
    'registry population': 'up',
    'registry business': 'up',
    'registry land/01': 'up',
    'registry land/48': 'up',
    'registry land/79': 'up',
  });
  for (const { since } of Object.values(dependencies)) t.equal(new Date(since).toISOString(), since);
});

t.test('neither port has what belongs to the other', async (t) => {
  for (const path of ['/metrics', '/health', '/health/live', '/health/ready', '/admin']) {
    const response = await fetch(sandbox.url + path);
    t.equal(response.status, 404, path);
    t.match(await response.json(), { code: 'route_not_found' });
  }
  for (const path of [
    '/v1/business/enterprises',
    '/v1/changes/business',
    '/docs',
    '/docs/',
    '/openapi.json',
  ]) {
    const response = await fetch(sandbox.operationsUrl + path);
    t.equal(response.status, 404, path);
  }
  const token = await fetch(`${sandbox.operationsUrl}/oauth2/token`, { method: 'POST' });
  t.equal(token.status, 404);
});
