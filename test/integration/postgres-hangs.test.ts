/**
 * PostgreSQL hangs: it refuses nothing and answers nothing. Every route is answered within its deadline and a second, and
 * when PostgreSQL goes on, so does everything, with no connection lost.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { Agent, request } from 'undici';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { createClient, signAssertion } from '../../gateway/client/client.ts';
import { ASSERTION_TYPE } from '../../gateway/identity/clients/assertion-type.ts';
import { startReceiver } from '../gateway/changes/sinks/webhooks/receiver.ts';
import { controlOf } from '../support/control.ts';
import { ownPostgres } from '../support/database.ts';
import { freeze } from '../support/frozen.ts';
import { startTestGateway } from '../support/gateway.ts';
import { OPERATOR_TOKEN } from '../support/operator.ts';
import { until } from '../support/until.ts';
import { buyer, sale } from './support/writes.ts';

/** Of routes without a contract (`problems/in-time.ts`), in milliseconds; some wait for more than PostgreSQL. */
const USUAL = 5000;
const DIGEST = 15_000;
const { persons, enterprises } = samples();

t.setTimeout(240_000);
const postgres = await ownPostgres(t);
const receiver = await startReceiver(t);
const gateway = await startTestGateway(t, {
  databaseUrl: postgres.url,
  agreements: [
    {
      agreement: 'TT-PERSONS',
      consumer: 'G12.thue',
      purposes: ['quan-ly-thue'],
      streams: [{ stream: 'population.changes.read', entity: 'person', revision: 0, fields: ['/birthDate'] }],
    },
  ],
  variables: { OPERATOR_TOKEN, OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1' },
});
const agent = new Agent({ connections: 64, pipelining: 1 });
t.teardown(() => agent.destroy());

interface Call {
  readonly url: string;
  readonly method: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly deadline: number;
}

const tokens = new Map<string, string>();
for (const system of ['G12.thue', 'H26.motcua', 'G12.dkkd', 'G13.datdai', 'G01.dancu'])
  tokens.set(system, await gateway.token(system));

const purposes: Readonly<Record<string, Record<string, string>>> = {
  'H26.motcua': { 'x-purpose': 'dich-vu-cong', 'x-case-id': 'H26.11-261122-0001', 'x-officer-id': 'CB001' },
  'G12.thue': { 'x-purpose': 'quan-ly-thue' },
};

const parcel = sale(gateway);
const place = `${parcel.communeCode}/${parcel.mapSheet}/${parcel.parcelNumber}`;
const tax = (path: string, { method = 'GET', body, deadline = USUAL, accept }: Partial<Asked> = {}) =>
  agencies('G12.thue', path, { method, body, deadline, accept });

interface Asked {
  readonly method: string;
  readonly body: object;
  readonly deadline: number;
  readonly accept: string;
}

function agencies(system: string, path: string, { method, body, deadline, accept }: Partial<Asked>): Call {
  return {
    url: gateway.url + path,
    method: method ?? 'GET',
    deadline: deadline ?? USUAL,
    headers: {
      authorization: `Bearer ${tokens.get(system)}`,
      ...purposes[system],
      ...(accept && { accept }),
      ...(body && { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
    },
    ...(body && { body: JSON.stringify(body) }),
  };
}

const post = (system: string, path: string, body: object, deadline: number) =>
  agencies(system, path, { method: 'POST', body, deadline });

/** The example of a publishing contract, which the provider sends. */
const published = (registry: string) => gateway.catalog.services.get(`${registry}.changes.publish@1`)!;
const publish = (system: string, registry: string) =>
  post(system, `/v1/${registry}/changes`, published(registry).examples[0]!.request as object, 10_000);

const operators = (path: string, method = 'GET', body?: object): Call => ({
  url: gateway.operationsUrl + path,
  method,
  deadline: USUAL,
  headers: {
    authorization: `Bearer ${OPERATOR_TOKEN}`,
    ...(body && { 'content-type': 'application/json' }),
  },
  ...(body && { body: JSON.stringify(body) }),
});

const decision = { by: 'Phòng An toàn', reason: 'thử nghiệm' };
let subscription: string = randomUUID();
const subscriptions = '/v1/subscriptions';

const register = (personalId: string) =>
  post(
    'H26.motcua',
    '/v1/population/residences/register',
    {
      personalId,
      permanentResidence: { provinceCode: '01', communeCode: '00070', detail: 'Số 5 phố Thử Nghiệm' },
    },
    5000,
  );

/** One call, or several, of each route; made anew each time. */
const routes: Readonly<Record<string, () => Call | Call[] | 'token' | 'revocation'>> = {
  'GET /.well-known/oauth-authorization-server': () => tax('/.well-known/oauth-authorization-server'),
  'GET /oauth2/jwks': () => tax('/oauth2/jwks'),
  'GET /.well-known/oauth-protected-resource': () => tax('/.well-known/oauth-protected-resource'),
  'POST /oauth2/token': () => 'token',
  'POST /oauth2/revoke': () => 'revocation',
  'GET /v1/catalog/services': () => tax('/v1/catalog/services'),
  'GET /v1/catalog/agencies': () => tax('/v1/catalog/agencies'),
  'GET /v1/business/snapshot/enterprise': () => tax('/v1/business/snapshot/enterprise'),
  'GET /v1/business/digest/enterprise': () => tax('/v1/business/digest/enterprise', { deadline: DIGEST }),
  'GET /v1/land/snapshot/parcel': () => tax('/v1/land/snapshot/parcel'),
  'GET /v1/land/digest/parcel': () => tax('/v1/land/digest/parcel', { deadline: DIGEST }),
  'GET /v1/population/snapshot/person': () => tax('/v1/population/snapshot/person'),
  'GET /v1/population/digest/person': () => tax('/v1/population/digest/person', { deadline: DIGEST }),
  'GET /v1/changes/{registry}': () => [
    tax('/v1/changes/business?limit=1'),
    tax('/v1/changes/land', { accept: 'text/event-stream' }),
  ],
  'POST /v1/subscriptions': () =>
    post('G12.thue', subscriptions, { url: receiver.url, registry: 'business' }, USUAL),
  'GET /v1/subscriptions': () => tax(subscriptions),
  'GET /v1/subscriptions/{id}': () => tax(`${subscriptions}/${subscription}`),
  'DELETE /v1/subscriptions/{id}': () => tax(`${subscriptions}/${randomUUID()}`, { method: 'DELETE' }),
  'POST /v1/subscriptions/{id}/pause': () =>
    tax(`${subscriptions}/${subscription}/pause`, { method: 'POST' }),
  'POST /v1/subscriptions/{id}/resume': () =>
    tax(`${subscriptions}/${subscription}/resume`, { method: 'POST' }),
  'POST /v1/business/changes': () => publish('G12.dkkd', 'business'),
  'POST /v1/land/changes': () => publish('G13.datdai', 'land'),
  'POST /v1/population/changes': () => publish('G01.dancu', 'population'),
  'GET /v1/business/enterprises/{enterpriseCode}': () =>
    tax(`/v1/business/enterprises/${enterprises.present[0]}`, { deadline: 3000 }),
  'GET /v1/business/enterprises': () => tax('/v1/business/enterprises?name=c%C3%B4ng%20ty'),
  'GET /v1/land/parcels/{communeCode}/{mapSheet}/{parcelNumber}/boundary': () =>
    tax(`/v1/land/parcels/${place}/boundary`),
  'GET /v1/land/parcels/{communeCode}/{mapSheet}/{parcelNumber}': () => tax(`/v1/land/parcels/${place}`),
  'POST /v1/land/parcels/find-by-owner': () =>
    post('G12.thue', '/v1/land/parcels/find-by-owner', { personalId: buyer }, 8000),
  'POST /v1/land/parcels/register-transfer': () =>
    post('H26.motcua', '/v1/land/parcels/register-transfer', sale(gateway), 5000),
  'POST /v1/population/persons/lookup': () =>
    ['Sai', undefined].map((fullName) =>
      post('H26.motcua', '/v1/population/persons/lookup', { personalId: persons.present[3], fullName }, 3000),
    ),
  'POST /v1/population/persons/verify': () =>
    post(
      'H26.motcua',
      '/v1/population/persons/verify',
      { personalId: persons.present[4], fullName: 'Sai', birthDate: '1990-05-17' },
      3000,
    ),
  'POST /v1/population/residences/register': () => register(persons.present[5]!),
};

const operatorRoutes: Readonly<Record<string, () => Call>> = {
  'GET /metrics': () => operators('/metrics'),
  'GET /health/live': () => operators('/health/live'),
  'GET /health/ready': () => operators('/health/ready'),
  'GET /admin/revocations': () => operators('/admin/revocations'),
  'POST /admin/revocations': () =>
    operators('/admin/revocations', 'POST', { kind: 'token', value: randomUUID(), ...decision }),
  'DELETE /admin/revocations/:id': () => operators('/admin/revocations/999999', 'DELETE', decision),
  'GET /admin/endings': () => operators('/admin/endings'),
  'POST /admin/catalogue/reload': () => operators('/admin/catalogue/reload', 'POST'),
  'POST /admin/changes/replays': () =>
    operators('/admin/changes/replays', 'POST', {
      subscription,
      from: { everything: true },
      ...decision,
    }),
  'GET /admin/changes/replays/:id': () => operators(`/admin/changes/replays/${randomUUID()}`),
  'GET /admin/changes/dead-letters': () => operators('/admin/changes/dead-letters'),
};

const all = { ...routes, ...operatorRoutes };

interface Answered {
  readonly route: string;
  readonly status: number;
  readonly code: string;
  readonly milliseconds: number;
  readonly deadline: number;
  readonly id: string | undefined;
}

/** Asks for a token with a new assertion; the client keeps what it has. */
async function askForToken(): Promise<number> {
  const privateJwk = await gateway.privateKey('G12.thue');
  const client = createClient({ issuer: gateway.publicUrl, clientId: 'G12.thue', privateJwk });
  return client.token().then(
    () => 200,
    (error: { status?: number }) => error.status ?? 0,
  );
}

/** Gives up a token that is none: who asks is authenticated all the same. */
async function revocation(): Promise<Call> {
  const privateJwk = await gateway.privateKey('G12.thue');
  const assertion = await signAssertion({
    ...{ issuer: gateway.publicUrl, clientId: 'G12.thue', privateJwk, at: Date.now() },
  });
  return {
    url: `${gateway.url}/oauth2/revoke`,
    method: 'POST',
    deadline: USUAL,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: assertion,
      token: 'none',
    }).toString(),
  };
}

async function ask(route: string, asked: Call | 'token' | 'revocation'): Promise<Answered> {
  const call = asked === 'revocation' ? await revocation() : asked;
  const start = performance.now();
  if (call === 'token') {
    const status = await askForToken();
    return {
      ...{ route, status, code: '', deadline: USUAL, id: undefined },
      milliseconds: performance.now() - start,
    };
  }
  const { url, deadline, method, headers, body } = call;
  const response = await request(url, { dispatcher: agent, method, headers, body });
  const milliseconds = performance.now() - start;
  const type = String(response.headers['content-type']);
  if (/event-stream|ndjson/.test(type)) {
    response.body.on('error', () => {}).destroy();
    return { route, status: response.statusCode, code: '', milliseconds, deadline, id: undefined };
  }
  const text = await response.body.text();
  const value = /json/.test(type) && text ? JSON.parse(text) : {};
  return {
    ...{ route, status: response.statusCode, code: value.code ?? '', deadline },
    milliseconds: performance.now() - start,
    id: value.data?.id,
  };
}

/** All routes, all at once. */
const askAll = () =>
  Promise.all(
    Object.entries(all).flatMap(([route, make]) => [make()].flat().map((call) => ask(route, call))),
  );

const late = (answers: readonly Answered[], lag: number) =>
  answers
    .filter(({ milliseconds, deadline }) => milliseconds > deadline + 1000 + lag)
    .map(({ route, milliseconds, deadline }) => `${route}: ${Math.round(milliseconds)} of ${deadline}`);

/** What this process itself stood still while it measured, in milliseconds. */
async function whileMeasuringLag<T>(work: () => Promise<T>): Promise<[T, number]> {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const result = await work();
  delay.disable();
  return [result, delay.max / 1e6];
}

const connections = async () =>
  gateway.query<{ count: number; busy: number }>(
    `SELECT count(*)::int4 AS count, count(*) FILTER (WHERE state = 'idle in transaction')::int4 AS busy
     FROM pg_stat_activity WHERE application_name = 'lienthong'`,
  );

t.test('every route is asked', async (t) => {
  const { body } = await gateway.send('/openapi.json');
  const described = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  t.same(
    described.filter((route) => !(route in routes)),
    [],
    'of the document of the agencies’ port',
  );
  const folder = new URL('../../gateway/operators/', import.meta.url);
  const registered = readdirSync(folder, { encoding: 'utf8', recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      [
        ...readFileSync(new URL(file, folder), 'utf8').matchAll(
          /\bapp\.(get|post|put|delete)(?:<[^(]*>)?\(\s*'([^']+)'/g,
        ),
      ].map(([, method, path]) => `${method!.toUpperCase()} ${path}`),
    );
  t.ok(registered.length >= 10);
  t.same(
    registered.filter((route) => !(route in all) && !(route.replace(' ', ' /admin') in all)),
    [],
    'and of the operators’ port',
  );
});

t.test('while PostgreSQL hangs every route is answered in time; then everything works', async (t) => {
  await until(async () => (await gateway.operations('/health/ready')).body.status === 'ok');
  const made = await ask('subscribe', routes['POST /v1/subscriptions']!() as Call);
  t.equal(made.status, 201);
  subscription = made.id!;
  const before = await askAll();
  t.same(
    before.filter(({ status }) => status >= 500 || status === 0 || status === 400 || status === 401),
    [],
    'each is a call that is served otherwise',
  );

  const goOn = freeze(postgres.pid!);
  t.teardown(goOn);
  // All of them at once: before anybody knows, and the few connections are taken.
  const [first, lag] = await whileMeasuringLag(askAll);
  t.same(late(first, lag), [], 'in the moment that it begins');
  const served = new Set(first.filter(({ status }) => status < 500).map(({ route }) => route));
  for (const route of ['/metrics', '/health/live', '/health/ready'])
    t.ok(served.has(`GET ${route}`) || route === '/health/ready', `${route} needs no PostgreSQL`);
  t.same(
    first.filter(({ route, status }) => route.startsWith('POST /v1/') && status < 500),
    [],
    'nothing is taken that is not stored',
  );
  t.same(
    first.filter(({ status }) => status >= 500 && status !== 503),
    [],
    'and every refusal says: come again',
  );
  const [second, lagLater] = await whileMeasuringLag(askAll);
  t.same(late(second, lagLater), [], 'and later');
  t.equal((await gateway.operations('/health/ready')).status, 503);

  goOn();
  await until(async () => (await gateway.operations('/health/ready')).body.status === 'ok');
  await until(async () => {
    await wait(1500); // some have a rate
    const after = await askAll();
    return after.every(({ status }) => status < 500 && status !== 0);
  });
  t.pass('all are served again');
  await until(async () => {
    const [row] = await connections();
    return row!.count <= 12 && row!.busy === 0;
  });
  t.pass('by no more connections than before, none of them in the middle of something');
});

t.test('it hangs while a slow registry is being asked', async (t) => {
  const control = controlOf(gateway, 'population');
  t.teardown(() => control.clear());
  await control.fault({ delayMs: 2200 });
  const { requests } = await control.stats();
  const write = register(persons.present[6]!);
  const calls: [string, Call][] = [
    ['look-up', (routes['POST /v1/population/persons/lookup']!() as Call[])[1]!],
    ['comparison', routes['POST /v1/population/persons/verify']!() as Call],
    ['write', write],
  ];
  const asked = whileMeasuringLag(() => Promise.all(calls.map(([name, call]) => ask(name, call))));
  await until(async () => (await control.stats()).requests >= requests + calls.length);
  const goOn = freeze(postgres.pid!);
  t.teardown(goOn);
  const [answers, lag] = await asked;
  t.same(late(answers, lag), []);
  t.same(
    answers.map(({ status }) => status),
    [503, 503, 503],
  );
  t.equal(
    answers[2]!.code,
    'outcome_pending',
    'the registry was called: no answer claims that nothing happened',
  );

  goOn();
  await control.clear();
  await until(async () => (await ask('write', write)).status === 200);
  t.pass('and with the same key its outcome is there');
});
