/**
 * A call broken off at each point of its life. Afterwards every gauge is where it was, every call has been counted and
 * logged by how it ended, and nobody was blamed for it.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { createClient } from '../../../gateway/client/client.ts';
import { sale, versionOf, writes } from '../../integration/support/writes.ts';
import { controlOf } from '../../support/control.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { until } from '../../support/until.ts';
import { bytesOf, callLines, dial, metricsOf, outcomesSince, untilLocked, withLock } from './left.ts';

t.setTimeout(180_000);

const { enterprises, persons } = samples();
const [personalId] = persons.present as [string];
const [enterpriseCode] = enterprises.present as [string];
const LOOKUP = 'POST /v1/population/persons/lookup';
const TOKEN = 'POST /oauth2/token';
const person = 'population.person.lookup@1';
const enterprise = 'business.enterprise.lookup@1';

const gateway = await startTestGateway(t, {
  contracts: { 'K01.rangbuoc': { binding: 'dpop' } },
  agreements: [
    {
      agreement: 'TT-LEFT-01',
      consumer: 'K01.rangbuoc',
      services: [{ service: enterprise, revision: 1, fields: ['/name'] }],
    },
    {
      agreement: 'TT-LEFT-02',
      consumer: 'K02.hanmuc',
      quota: { perDay: 100 },
      services: [{ service: enterprise, revision: 1, fields: ['/name'] }],
    },
    {
      agreement: 'TT-LEFT-03',
      consumer: 'K03.doichieu',
      services: [{ service: 'population.person.verify@1', revision: 1, fields: ['/match'] }],
    },
  ],
});
const population = controlOf(gateway, 'population');
const business = controlOf(gateway, 'business');
const land = controlOf(gateway, 'land');
const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const bearer = async (system: string) => ({ authorization: `Bearer ${await gateway.token(system)}` });
const desk = {
  ...(await bearer('H26.motcua')),
  ...json,
  'x-purpose': 'dich-vu-cong',
  'x-case-id': 'C1',
  'x-officer-id': 'O1',
};
const tax = { ...(await bearer('G12.thue')), 'x-purpose': 'quan-ly-thue' };
const limited = { ...(await bearer('K02.hanmuc')), 'x-purpose': 'thu-nghiem' };
const matching = { ...(await bearer('K03.doichieu')), ...json, 'x-purpose': 'thu-nghiem' };
const provider = { ...(await bearer('G12.dkkd')), ...json };
const asked = JSON.stringify({ personalId });

/** Each entry of evidence that it leaves: kind, status and reason. */
type Entries = readonly (readonly [kind: string, status: number, reason: string | null])[];

interface Point {
  readonly name: string;
  /** Sends, waits until the call is where it should be, and leaves. */
  readonly leave: (requestId: string) => Promise<void>;
  /** `service outcome`; the caller left, unless it says otherwise. */
  readonly outcomes: readonly string[];
  /** Of calls whose caller left: none was sent, unless it says otherwise. */
  readonly status?: number;
  /** None, unless it says otherwise. */
  readonly evidence?: Entries;
  /** Holds beside. */
  readonly also?: () => Promise<void>;
}

const left = (service: string) => [`${service} caller_left`];

/** Sends bytes, waits, and resets the connection. */
async function sendAndLeave(bytes: string, wait: () => Promise<unknown> = async () => {}): Promise<void> {
  const socket = await dial(gateway.url);
  socket.write(bytes);
  await wait();
  socket.resetAndDestroy();
  await once(socket, 'close');
}

/** The gateway has begun to look at a request. */
const entered = () => until(async () => (await metricsOf(gateway)).get('calls_in_flight') === 1);
const received = (bytes: string) => sendAndLeave(bytes, entered);

/** Its answer begins to arrive. */
async function answering(bytes: string): Promise<void> {
  const socket = await dial(gateway.url);
  socket.write(bytes);
  await once(socket, 'data');
  socket.resetAndDestroy();
  await once(socket, 'close');
}

/** A registry takes its time, and has been asked so many times. */
async function whileAsked(
  control: typeof population,
  operation: string,
  times: number,
  bytes: string,
): Promise<void> {
  await control.forget();
  await control.fault({ delayMs: 500, match: operation });
  const count = async () =>
    Object.entries((await control.stats()).operations).reduce(
      (sum, [name, number]) => (name.includes(operation) ? sum + number : sum),
      0,
    );
  await sendAndLeave(bytes, () => until(async () => (await count()) >= times));
}

const undelivered = ['undelivered', 499, 'caller_left'] as const;
const deal = sale(gateway);

const points: readonly Point[] = [
  {
    name: 'in the middle of its header',
    leave: () => sendAndLeave('POST /oauth2/token HTTP/1.1\r\nHost: gate'),
    outcomes: [],
  },
  {
    name: 'after its header, before its body, at the token endpoint',
    leave: () => received(bytesOf(TOKEN, form, 'grant_type=client_credentials', 0)),
    outcomes: left('none'),
  },
  {
    name: 'in the middle of its body, at the token endpoint',
    leave: () => received(bytesOf(TOKEN, form, 'grant_type=client_credentials', 9)),
    outcomes: left('none'),
  },
  {
    name: 'in the middle of its body, at a service',
    leave: (id) => received(bytesOf(LOOKUP, { ...desk, 'x-request-id': id }, asked, 9)),
    outcomes: left(person),
  },
  {
    name: 'in the middle of its body, by closing the connection in order',
    leave: async (id) => {
      for (const bytes of [
        bytesOf(TOKEN, form, 'grant_type=client_credentials', 9),
        bytesOf(LOOKUP, { ...desk, 'x-request-id': id }, asked, 9),
      ]) {
        const socket = await dial(gateway.url);
        socket.write(bytes);
        await entered();
        socket.end();
        await once(socket, 'close');
      }
    },
    outcomes: ['none caller_left', `${person} caller_left`],
  },
  {
    name: 'between two chunks of its body',
    leave: (id) =>
      received(
        `${bytesOf(LOOKUP, { ...desk, 'x-request-id': id, 'transfer-encoding': 'chunked' })}5\r\n{"per\r\n`,
      ),
    outcomes: left(person),
  },
  {
    name: 'after the gateway said that its body may come (Expect: 100-continue)',
    leave: (id) =>
      answering(bytesOf(LOOKUP, { ...desk, 'x-request-id': id, expect: '100-continue' }, asked, 0)),
    outcomes: left(person),
  },
  {
    name: 'where there is no route, in the middle of its body, after the answer',
    leave: () => answering(bytesOf('POST /v1/nothing', json, asked, 3)),
    outcomes: ['none route_not_found'],
  },
  {
    name: 'where there is no route, after the answer',
    leave: () => answering(bytesOf('GET /v1/nothing', {})),
    outcomes: ['none route_not_found'],
  },
  {
    name: 'where another method is allowed, after the answer',
    leave: () => answering(bytesOf('HEAD /oauth2/token', {})),
    outcomes: ['none method_not_allowed'],
  },
  {
    name: 'at an address that cannot be read',
    leave: () => answering(bytesOf('POST /v1/%zz', json, asked, 3)),
    outcomes: ['none malformed_request'],
  },
  {
    name: 'refused before its body came',
    leave: () => answering(bytesOf(LOOKUP, { ...desk, authorization: 'Bearer x' }, asked, 3)),
    outcomes: [`${person} token_invalid`],
  },
  {
    name: 'while PostgreSQL is asked whether its proof is new',
    leave: async (id) => {
      const client = createClient({
        issuer: gateway.publicUrl,
        clientId: 'K01.rangbuoc',
        privateJwk: await gateway.privateKey('K01.rangbuoc'),
        dpop: true,
      });
      const path = `/v1/business/enterprises/${enterpriseCode}`;
      t.equal((await client.send(gateway.publicUrl + path)).status, 200, 'the nonce is known');
      const fields = await client.authorise('GET', gateway.publicUrl + path);
      await withLock(gateway, 'LOCK TABLE used_proof IN ACCESS EXCLUSIVE MODE', () =>
        sendAndLeave(bytesOf(`GET ${path}`, { ...fields, 'x-request-id': id }), () => untilLocked(gateway)),
      );
    },
    outcomes: ['none ok', 'none token_refused', 'none ok', `${enterprise} ok`, `${enterprise} caller_left`],
  },
  {
    name: 'a token request, whole, while PostgreSQL is asked whether its proof is new',
    leave: async () => {
      let answered = 0;
      const client = createClient({
        issuer: gateway.publicUrl,
        clientId: 'K01.rangbuoc',
        privateJwk: await gateway.privateKey('K01.rangbuoc'),
        dpop: true,
        // The first request learns the nonce.
        fetch: async (url, init) => {
          if (!String(url).endsWith('/oauth2/token') || answered++ === 0) return fetch(url, init);
          const fields = Object.fromEntries(new Headers(init?.headers));
          await withLock(gateway, 'LOCK TABLE used_proof IN ACCESS EXCLUSIVE MODE', () =>
            sendAndLeave(bytesOf(TOKEN, { ...fields, ...form }, String(init?.body)), () =>
              untilLocked(gateway),
            ),
          );
          throw new Error('left');
        },
      });
      await t.rejects(client.token(), /left/);
    },
    outcomes: ['none ok', 'none token_refused', 'none caller_left'],
  },
  {
    name: 'while PostgreSQL is asked for its quota',
    leave: async (id) => {
      await business.forget();
      await withLock(gateway, 'LOCK TABLE quota_use IN ACCESS EXCLUSIVE MODE', () =>
        sendAndLeave(
          bytesOf(`GET /v1/business/enterprises/${enterpriseCode}`, { ...limited, 'x-request-id': id }),
          () => untilLocked(gateway),
        ),
      );
    },
    outcomes: left(enterprise),
    also: async () => {
      t.equal((await business.stats()).requests, 0, 'the registry is not asked for nobody');
    },
  },
  {
    name: 'while the registry is asked',
    leave: (id) =>
      whileAsked(
        population,
        'TraCuuThongTinCongDan',
        1,
        bytesOf(LOOKUP, { ...desk, 'x-request-id': id }, asked),
      ),
    outcomes: left(person),
    evidence: [undelivered],
  },
  {
    name: 'HEAD, while the registry is asked',
    leave: (id) =>
      whileAsked(
        business,
        'chiTiet',
        1,
        bytesOf(`HEAD /v1/business/enterprises/${enterpriseCode}`, { ...tax, 'x-request-id': id }),
      ),
    outcomes: left(enterprise),
    evidence: [undelivered],
  },
  {
    name: 'a guess, while the registry is asked',
    leave: (id) =>
      whileAsked(
        population,
        'XacThucThongTinCongDan',
        1,
        bytesOf(
          'POST /v1/population/persons/verify',
          { ...matching, 'x-request-id': id },
          JSON.stringify({ personalId, fullName: 'Sai', birthDate: '1990-05-17' }),
        ),
      ),
    outcomes: left('population.person.verify@1'),
    evidence: [undelivered],
    also: async () => {
      await until(async () => (await gateway.query('SELECT FROM match_attempt')).length === 0);
      t.equal(
        (await gateway.query('SELECT FROM match_failure')).length,
        2,
        'a wrong guess counts all the same, of the number and of the values',
      );
    },
  },
  {
    name: 'five calls of one connection, while the registry is asked',
    leave: (id) =>
      whileAsked(
        population,
        'TraCuuThongTinCongDan',
        5,
        bytesOf(LOOKUP, { ...desk, 'x-request-id': id }, asked).repeat(5),
      ),
    outcomes: Array<string>(5).fill(`${person} caller_left`),
    evidence: Array<typeof undelivered>(5).fill(undelivered),
  },
  {
    name: 'while its evidence is written',
    leave: (id) =>
      withLock(gateway, 'LOCK TABLE evidence IN ACCESS EXCLUSIVE MODE', () =>
        sendAndLeave(bytesOf(LOOKUP, { ...desk, 'x-request-id': id }, asked), () => untilLocked(gateway)),
      ),
    outcomes: left(person),
    evidence: [['disclosure', 200, null], undelivered],
  },
  {
    name: 'a write, while the registry is asked',
    leave: (id) =>
      whileAsked(
        land,
        'chuyenQuyen',
        1,
        bytesOf(
          'POST /v1/land/parcels/register-transfer',
          { ...desk, 'x-request-id': id, 'idempotency-key': randomUUID() },
          JSON.stringify(deal),
        ),
      ),
    outcomes: left('land.parcel.register-transfer@1'),
    evidence: [['intent', 202, null], ['write', 200, null], undelivered],
    also: async () => {
      t.equal(versionOf(gateway, deal), 2, 'it is performed');
      t.same(
        (await writes(gateway)).map(({ state }) => state),
        ['applied'],
        'and settled',
      );
    },
  },
  // Before the registry has a change: with one, the reader may leave before its disclosure is written, or after.
  {
    name: 'a stream of events, after its first bytes',
    leave: (id) =>
      answering(
        bytesOf('GET /v1/changes/business', { ...tax, accept: 'text/event-stream', 'x-request-id': id }),
      ),
    outcomes: left('business.changes.read'),
    status: 200,
  },
  {
    name: 'a publication, while it is stored',
    leave: (id) => {
      const changes = [
        {
          ...{ entity: 'enterprise', subject: enterpriseCode, version: 900, operation: 'deleted' },
          ...{ occurredAt: '2026-11-22T08:00:00Z', changedFields: [], data: null },
        },
      ];
      return withLock(gateway, `SELECT FROM stream WHERE registry = 'business' FOR UPDATE`, () =>
        sendAndLeave(
          bytesOf(
            'POST /v1/business/changes',
            { ...provider, 'x-request-id': id },
            JSON.stringify({ changes }),
          ),
          () => untilLocked(gateway),
        ),
      );
    },
    // All of it was done by then: that the answer did not arrive is all that is missing.
    outcomes: left('business.changes.publish@1'),
    evidence: [['publication', 201, null]],
  },
  {
    name: 'a snapshot, while it begins',
    leave: (id) =>
      withLock(gateway, 'LOCK TABLE stream IN ACCESS EXCLUSIVE MODE', () =>
        sendAndLeave(bytesOf('GET /v1/land/snapshot/parcel', { ...tax, 'x-request-id': id }), () =>
          untilLocked(gateway),
        ),
      ),
    outcomes: left('land.snapshot.read'),
  },
  {
    name: 'a snapshot, after its first lines',
    leave: async (id) => {
      await land.fault({ delayMs: 300, match: 'danhSach' });
      await answering(bytesOf('GET /v1/land/snapshot/parcel', { ...tax, 'x-request-id': id }));
    },
    outcomes: left('land.snapshot.read'),
    status: 200,
  },
];

for (const { name, leave, outcomes, status, evidence = [], also } of points) {
  t.test(`it leaves ${name}`, async (t) => {
    const before = await metricsOf(gateway);
    const lines = callLines(gateway).length;
    const requestId = randomUUID();
    await leave(requestId);
    const wanted = [...outcomes].sort();
    await until(async () => (await outcomesSince(gateway, before)).length >= wanted.length);
    await until(async () => {
      const now = await metricsOf(gateway);
      const open = [...now].filter(([metric]) =>
        /^(calls_in_flight|streams_open|copies_open)\b/.test(metric),
      );
      return open.every(([, value]) => value === 0);
    });
    await until(async () => (await gateway.evidence(requestId)).length >= evidence.length);
    await Promise.all([population.clear(), business.clear(), land.clear()]);
    // What would come late has come when another call has been answered.
    const call = await gateway.call('H26.motcua', 'population.person.lookup', { personalId });
    t.equal(call.status, 200, 'others are served');
    const now = await metricsOf(gateway);
    t.same(
      (await outcomesSince(gateway, before)).sort(),
      [...wanted, `${person} ok`].sort(),
      'counted, each by how it ended',
    );
    t.same(
      callLines(gateway)
        .slice(lines)
        .map(({ service, outcome }) => `${service} ${outcome}`)
        .sort(),
      [...wanted, `${person} ok`].sort(),
      'and logged',
    );
    t.ok(
      callLines(gateway)
        .slice(lines)
        .filter(({ outcome }) => outcome === 'caller_left')
        .every((line) => line.status === status),
      'without a status where none was sent',
    );
    t.same(
      (await gateway.evidence(requestId)).map(({ kind, status, reason }) => [kind, status, reason]),
      evidence,
      'evidence',
    );
    const refusals = wanted.filter((ending) => !/ (ok|caller_left)$/.test(ending)).length;
    const counted = (metrics: ReadonlyMap<string, number>) =>
      [...metrics].reduce(
        (sum, [metric, value]) => (metric.startsWith('refusals_total') ? sum + value : sum),
        0,
      );
    t.equal(counted(now) - counted(before), refusals, 'who left was not refused');
    t.same(
      gateway.log.filter((line) => line.includes('"level":"error"') || line.includes('store_unavailable')),
      [],
      'and is nobody’s error',
    );
    await also?.();
  });
}

t.test('tokens that were not issued because the caller left are counted so', async (t) => {
  t.match(await metricsOf(gateway), new Map([['tokens_total{outcome="caller_left"}', 3]]));
});

t.test('nothing is left: no connection, and of an earlier catalogue no application', async (t) => {
  await appendFile(
    join(gateway.variables.CONTRACTS_DIR!, 'agreements', 'TT-LEFT-01.yaml'),
    '\n# the same, and another file\n',
  );
  const held = await dial(gateway.url);
  held.write(bytesOf(LOOKUP, desk, asked, 3));
  await entered();
  await gateway.reload();
  t.equal((await metricsOf(gateway)).get('applications'), 2, 'a call goes on in the earlier one');
  held.resetAndDestroy();
  await until(async () => (await metricsOf(gateway)).get('applications') === 1);
  await gateway.close();
});
