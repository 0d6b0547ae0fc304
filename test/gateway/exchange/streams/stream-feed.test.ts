/** The feed as server-sent events, over HTTP, on gateways as production starts them. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import pg from 'pg';
import t, { type Test } from 'tap';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import type { StructuredEvent } from '../../../../gateway/changes/render/event.ts';
import { toLowS } from '../../../../gateway/keys/low-s.ts';
import { type EventStream, openEventStream } from '../../../support/event-stream.ts';
import { spawnTestGateway, startTestGateway } from '../../../support/gateway.ts';
import { askOperators, decision, OPERATOR_TOKEN } from '../../../support/operator.ts';
import { layOut } from '../../../support/setting.ts';
import type { TestClient } from '../../../support/test-client.ts';
import { until } from '../../../support/until.ts';

const codes = samples().enterprises.present.slice(0, 5);
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signingKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const path = '/v1/changes/business';
const enterprises = { stream: 'business.changes.read', entity: 'enterprise', revision: 0 };

const setting = await layOut(t, {
  variables: {
    OPERATOR_TOKEN,
    SIGNING_KEY: signingKey,
    CATALOGUE_POLL_SECONDS: '3600',
    SYSTEM_STREAMS: '3',
  },
  agreements: [
    { agreement: 'TT-NAMES', consumer: 'H30.ten', streams: [{ ...enterprises, fields: ['/name'] }] },
    {
      agreement: 'TT-SIGNED',
      consumer: 'H30.ky',
      signatures: { responses: 'always' },
      streams: [{ ...enterprises, fields: ['/name'] }],
    },
    {
      agreement: 'TT-HUE',
      consumer: 'H30.hue',
      scope: { provinceCode: ['46'] },
      streams: [{ ...enterprises, fields: ['/name'] }],
    },
  ],
});
const gateway = await startTestGateway(t, { setting, variables: { PORT: setting.variables.PORT! } });
const other = await startTestGateway(t, { setting });
let newest = 0;

/** Pushes one more version of each enterprise. @returns how many changes there are in all */
async function push(
  client: TestClient,
  of: readonly string[] = codes,
  name = 'Công ty',
  more: Readonly<Record<string, object>> = {},
): Promise<number> {
  newest++;
  const changes = of.map((subject) => ({
    entity: 'enterprise',
    subject,
    version: newest,
    operation: 'updated',
    occurredAt: new Date().toISOString(),
    changedFields: ['/name', ...Object.keys(more).map((member) => `/${member}`)],
    data: { enterpriseCode: subject, name: `${name} ${newest}`, status: 'active', ...more },
  }));
  const answer = await client.call('G12.dkkd', 'business.changes.publish', { changes });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  return newest * codes.length;
}

interface FollowOptions {
  readonly query?: string;
  readonly lastEventId?: string;
  readonly system?: string;
  readonly token?: string;
}

async function follow(test: Test, client: TestClient, options: FollowOptions = {}): Promise<EventStream> {
  const { query = '', lastEventId, system = 'G12.thue' } = options;
  const stream = await openEventStream(`${client.url}${path}${query}`, {
    authorization: `Bearer ${options.token ?? (await client.token(system))}`,
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  });
  test.teardown(() => stream.cut());
  return stream;
}

const eventsOf = (stream: EventStream): StructuredEvent[] =>
  stream.messages.filter(({ event }) => event === 'message').map(({ data }) => JSON.parse(data));
const numbersOf = (events: readonly StructuredEvent[]) => events.map(({ sequence }) => Number(sequence));
const upTo = (length: number) => Array.from({ length }, (_, index) => index + 1);
const requestIdOf = (stream: EventStream) => String(stream.headers['x-request-id']);
const reasonOf = (stream: EventStream): unknown => {
  const last = stream.messages.at(-1);
  return last?.event === 'end' ? JSON.parse(last.data).reason : undefined;
};

async function pageOf(client: TestClient, system = 'G12.thue', query = '') {
  const headers = { authorization: `Bearer ${await client.token(system)}` };
  const { body } = await client.send(path + query, { headers });
  return { events: body.data as StructuredEvent[], next: String((body.meta as { next?: string }).next) };
}

async function admin(method: string, what: string, body: object) {
  return (await askOperators<{ id: number }>(gateway, method, what, { ...decision, ...body })).body;
}

async function editAgreement(test: Test, file: string, edit: (text: string) => string): Promise<void> {
  const name = join(setting.variables.CONTRACTS_DIR!, 'agreements', file);
  await writeFile(name, edit(await readFile(name, 'utf8')));
  for (const each of [gateway, other]) test.match(await each.reload(), { outcome: /swapped|unchanged/ });
}

t.test('events arrive as they are stored: minimised, numbered, each chunk with its evidence', async (t) => {
  const stream = await follow(t, gateway);
  t.equal(stream.status, 200);
  t.match(stream.headers, {
    'content-type': /^text\/event-stream/,
    'cache-control': 'no-store',
    vary: 'Accept',
    connection: 'close',
    'x-request-id': /./,
  });
  await until(() => stream.comments.length > 0);
  t.equal(stream.text, ': open\n', 'nothing that a library could take for a message');
  await push(gateway);
  await until(() => eventsOf(stream).length === 5);
  t.match(stream.retry, Number, 'with the first event');
  t.ok(
    stream.text
      .split('\n\n')
      .slice(0, -1)
      .every((block) => /^data: /m.test(block)),
    'every block has data',
  );
  await push(gateway);
  await until(() => eventsOf(stream).length === 10);
  const events = eventsOf(stream);
  t.same(numbersOf(events), upTo(10));
  t.same(events, (await pageOf(gateway)).events, 'the same events as in the pages');
  const rows = await gateway.evidence(requestIdOf(stream));
  t.match(rows[0], { kind: 'disclosure', system: 'G12.thue', service: 'business.changes.read', status: 200 });
  t.ok(rows.length >= 2 && rows.length <= 10, 'an entry a chunk');

  const narrow = await follow(t, other, { system: 'H30.ten' });
  await until(() => eventsOf(narrow).length === 10);
  t.match(eventsOf(narrow)[0], { agreement: 'TT-NAMES', data: { state: { name: /./ } } });
  t.notOk(
    codes.some((code) => narrow.text.includes(code)),
    'on the other replica, only what is granted',
  );
  const [row] = await gateway.evidence(requestIdOf(narrow));
  t.match(row, { agreement: 'TT-NAMES', disclosed: ['/name'] });
});

t.test('a reader that reconnects continues at its cursor: no event is lost or repeated', async (t) => {
  const all: StructuredEvent[] = [];
  const total = await push(gateway);
  const first = await follow(t, gateway);
  await until(() => eventsOf(first).length >= 7);
  first.cut();
  // A reader may have taken any part of what was sent.
  const taken = first.messages.slice(0, 7);
  all.push(...taken.map(({ data }): StructuredEvent => JSON.parse(data)));
  const lastEventId = taken.at(-1)!.lastEventId;
  // As an EventSource does: at the first address, also if that has a cursor.
  const second = await follow(t, other, { lastEventId, query: `?after=${taken[0]!.lastEventId}` });
  await until(() => eventsOf(second).length === total - 7);
  await push(gateway);
  await until(() => eventsOf(second).length === total - 2);
  all.push(...eventsOf(second));
  t.same(numbersOf(all), upTo(total + 5));
  t.equal(new Set(all.map(({ id }) => id)).size, total + 5);

  const page = await pageOf(gateway, 'G12.thue', `?after=${second.lastEventId}`);
  t.same(page.events, [], 'a cursor is one for pages too');
  const after = await follow(t, gateway, { query: `?after=${page.next}` });
  await push(gateway);
  await until(() => eventsOf(after).length === 5);
  t.same(numbersOf(eventsOf(after)), upTo(total + 10).slice(-5));
});

t.test('a refusal before the first byte is a problem like any other', async (t) => {
  const problem = async (options: FollowOptions) => {
    const stream = await follow(t, gateway, options);
    await stream.ended;
    return {
      status: stream.status,
      type: stream.headers['content-type'],
      code: JSON.parse(stream.text).code,
      errors: JSON.parse(stream.text).errors,
    };
  };
  const type = /^application\/problem\+json/;
  const invalid = { status: 400, code: 'cursor_invalid', type };
  t.match(await problem({ lastEventId: 'x' }), { ...invalid, errors: [{ header: 'last-event-id' }] });
  t.match(await problem({ query: '?after=x' }), { ...invalid, errors: [{ parameter: 'after' }] });
  t.match(
    (
      await gateway.send(`${path}?after=x`, {
        headers: { authorization: `Bearer ${await gateway.token('G12.thue')}` },
      })
    ).body,
    {
      ...{ code: 'cursor_invalid', errors: [{ parameter: 'after', detail: /con trỏ/ }] },
    },
  );
  t.match(await problem({ query: '?limit=5' }), { status: 400, code: 'contract_violation', type });
  t.match(await problem({ query: '?from=5' }), { status: 400, code: 'contract_violation', type });
  const { next } = await pageOf(gateway, 'H30.ten');
  t.match(
    await problem({ lastEventId: next }),
    { status: 400, code: 'cursor_invalid' },
    'of another agreement',
  );
  t.match(await problem({ system: 'H29.thu' }), { status: 403, code: 'no_agreement', type });
  const head = await gateway.send(path, {
    method: 'HEAD',
    headers: { accept: 'text/event-stream', authorization: `Bearer ${await gateway.token('G12.thue')}` },
  });
  t.match(head, { status: 200, text: '', headers: { 'content-type': /^text\/event-stream/ } });

  const three = await Promise.all(upTo(3).map(() => follow(t, gateway, { system: 'H30.hue' })));
  t.match(await problem({ system: 'H30.hue' }), { status: 429, code: 'too_many_streams' });
  three[0]!.cut();
  await until(async () => (await follow(t, gateway, { system: 'H30.hue' })).status === 200);
});

t.test('a stream is never signed', async (t) => {
  const stream = await follow(t, gateway, { system: 'H30.ky' });
  t.equal(stream.status, 200);
  t.equal(stream.headers.signature, undefined);
});

t.test('it ends with its token', async (t) => {
  const token = await gateway.token('G12.thue');
  const { iat, exp, ...claims } = decodeJwt(token);
  const { kid } = decodeProtectedHeader(token);
  const now = Math.floor(Date.now() / 1000);
  const short = await new SignJWT({ ...claims, jti: 'short', iat: now, exp: now + 2 })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: kid! })
    .sign(createPrivateKey(signingKey));
  const stream = await follow(t, gateway, { token: toLowS(short) });
  t.equal(stream.status, 200);
  t.same(await stream.ended, { whole: true });
  t.equal(reasonOf(stream), 'token_ended');
  t.ok(Date.now() >= (now + 2) * 1000, 'and not before');
});

t.test('it ends when something of it is revoked, on every replica', async (t) => {
  for (const [kind, value, reason] of [
    ['system', 'H30.ten', 'revoked'],
    ['agency', 'H30', 'revoked'],
    ['agreement', 'TT-NAMES', 'agreement_revoked'],
  ] as const) {
    const streams = [
      await follow(t, gateway, { system: 'H30.ten' }),
      await follow(t, other, { system: 'H30.ten' }),
    ];
    const stays = await follow(t, other);
    const { id } = await admin('POST', 'revocations', { kind, value });
    for (const stream of streams) {
      t.same(await stream.ended, { whole: true });
      t.equal(reasonOf(stream), reason, kind);
    }
    const total = await push(gateway);
    await until(() => eventsOf(stays).length === total);
    t.equal(reasonOf(stays), undefined, 'others stay');
    stays.cut();
    await admin('DELETE', `revocations/${id}`, {});
    const answer = async () => (await other.send(path, { headers: { authorization } })).status;
    const authorization = `Bearer ${await gateway.token('H30.ten')}`;
    await until(async () => (await answer()) === 200);
  }
});

t.test(
  'another catalogue: who is granted the same goes on, who is granted something else ends',
  async (t) => {
    const changed = await follow(t, gateway, { system: 'H30.ten' });
    const same = await follow(t, gateway);
    await until(() => eventsOf(changed).length > 0 && eventsOf(same).length > 0);
    await editAgreement(t, 'TT-NAMES.yaml', (text) => text.replace('"/name"', '"/status"'));
    t.same(await changed.ended, { whole: true });
    t.equal(reasonOf(changed), 'agreement_changed');
    const stale = await follow(t, gateway, { system: 'H30.ten', lastEventId: changed.lastEventId });
    t.equal(stale.status, 410, 'its cursor is worth nothing any more');
    const total = await push(gateway);
    await until(() => eventsOf(same).length === total);
    t.same(numbersOf(eventsOf(same)), upTo(total));

    await editAgreement(t, 'TT-NAMES.yaml', (text) => text.replace('"/status"', '"/name"'));
    t.same(await same.ended, { whole: true });
    t.equal(reasonOf(same), 'catalogue_replaced', 'it does not hold a third catalogue');
    const resumed = await follow(t, gateway, { lastEventId: same.lastEventId });
    await push(gateway);
    await until(() => eventsOf(resumed).length === 5);

    const gone = await follow(t, gateway, { system: 'H30.hue' });
    await editAgreement(t, 'TT-HUE.yaml', (text) => text.replace('2099-12-31', '2026-01-02'));
    await gone.ended;
    t.equal(reasonOf(gone), 'agreement_expired');
  },
);

t.test('rows elsewhere are not delivered, and the cursor advances over them', async (t) => {
  await editAgreement(t, 'TT-HUE.yaml', (text) => text.replace('2026-01-02', '2099-12-31'));
  const stream = await follow(t, gateway, { system: 'H30.hue' });
  await push(gateway);
  // After them, the same ones as they move there: the first that it hears of.
  await push(gateway, codes, 'Công ty', { headOffice: { provinceCode: '46' } });
  await until(() => eventsOf(stream).length === codes.length);
  t.same(numbersOf(eventsOf(stream)), upTo(codes.length));
  t.ok(eventsOf(stream).every(({ data }) => JSON.stringify(data).includes(`Công ty ${newest}`)));
  const recorded = await gateway.evidence(requestIdOf(stream));
  t.ok(recorded.length > 0 && recorded.length <= codes.length, 'evidence records only delivered events');
});

t.test('waiting readers cost no query', async (t) => {
  const systems = upTo(70).map((number) => `H31.s${number}`);
  const quiet = await startTestGateway(t, {
    variables: { SYSTEM_STREAMS: '3', ADDRESS_RATE: '100000' },
    agreements: systems.map((consumer, index) => ({
      agreement: `TT-Q-${index}`,
      consumer,
      streams: [{ ...enterprises, fields: [''] }],
    })),
  });
  const queries = new Map<string, number>();
  const { query } = pg.Client.prototype;
  t.teardown(() => Object.assign(pg.Client.prototype, { query }));
  Object.assign(pg.Client.prototype, {
    query(this: pg.Client, ...args: Parameters<typeof query>) {
      const [statement] = args as readonly unknown[];
      const text = typeof statement === 'string' ? statement : String((statement as { text?: string }).text);
      queries.set(text, (queries.get(text) ?? 0) + 1);
      return query.apply(this, args);
    },
  });
  const streams: EventStream[] = [];
  for (const system of systems) for (let i = 0; i < 3; i++) streams.push(await follow(t, quiet, { system }));
  t.ok(streams.every(({ status }) => status === 200));
  // What opening them has cost is over.
  await wait(500);
  queries.clear();
  await wait(2500);
  // The gateways of this process look after themselves, a few times a second each; a query of each reader would be one of 210.
  const [most, times] = [...queries].reduce((one, other) => (other[1] > one[1] ? other : one));
  t.ok(queries.size > 0);
  t.ok(times < streams.length, `${times} times: ${most}`);
  const metrics = await quiet.operations('/metrics');
  t.match(metrics.text, /lienthong_streams_open\{service="business.changes.read"\} 210/);
  await push(quiet);
  await until(() => streams.every((stream) => eventsOf(stream).length === 5));
  t.pass('and each is delivered immediately');
});

t.test('SIGTERM: readers get the reason, and the gateway ends immediately', async (t) => {
  const spawned = await spawnTestGateway(t, {
    agreements: [{ agreement: 'TT-D', consumer: 'H32.x', streams: [{ ...enterprises, fields: [''] }] }],
    variables: { LOG_LEVEL: 'info', DRAIN_SECONDS: '600' },
  });
  const streams = await Promise.all(upTo(5).map(() => follow(t, spawned, { system: 'H32.x' })));
  const deaf = await follow(t, spawned, { system: 'H32.x' });
  deaf.pause();
  await until(() => streams.every(({ comments }) => comments.length > 0));
  // With streams that it waited for, this would take the ten minutes.
  t.same(await spawned.process.end('SIGTERM'), { code: 0, signal: null });
  for (const stream of streams) {
    t.same(await stream.ended, { whole: true });
    t.equal(reasonOf(stream), 'draining');
  }
});
