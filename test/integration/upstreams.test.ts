import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { startRegistries } from '../../deploy/sandbox/registries/start.ts';
import { type Answer, refused } from '../support/answer.ts';
import { controlOf } from '../support/control.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { leaks } from '../support/leaks.ts';
import { until } from '../support/until.ts';

const { persons, enterprises, parcels } = samples();
const personalId = persons.present[0]!;
const parcel = parcels.present[0]!;

interface Row {
  readonly registry: 'population' | 'business' | 'land';
  /** Name of the upstream in the metrics. */
  readonly upstream: string;
  /** Its name of the operation, so that a fault leaves the business registry's token alone. */
  readonly operation: string;
  readonly system: string;
  readonly service: string;
  readonly input: object;
  readonly absent: object;
  readonly refusedBecause: string;
}

const rows: readonly Row[] = [
  {
    registry: 'population',
    upstream: 'population',
    operation: 'TraCuuThongTinCongDan',
    system: 'H26.motcua',
    service: 'population.person.lookup',
    input: { personalId },
    absent: { personalId: persons.absent[0]! },
    refusedBecause: 'officer_not_permitted',
  },
  {
    registry: 'business',
    upstream: 'business',
    operation: 'chiTietDoanhNghiep',
    system: 'G12.thue',
    service: 'business.enterprise.lookup',
    input: { enterpriseCode: enterprises.present[0]! },
    absent: { enterpriseCode: enterprises.absent[0]! },
    refusedBecause: 'access_denied',
  },
  {
    registry: 'land',
    upstream: `land/01`,
    operation: 'thuaDat',
    system: 'G12.thue',
    service: 'land.parcel.lookup',
    input: parcel,
    absent: parcels.absent[0]!,
    refusedBecause: 'access_denied',
  },
];

const ask = (gateway: TestGateway, { system, service, input }: Row, headers = {}) =>
  gateway.call(system, service, input, headers);

async function disclosesNothing(t: Parameters<typeof refused>[0], gateway: TestGateway, answer: Answer) {
  t.equal(answer.body.data, undefined);
  t.notMatch(answer.text, /simulated|Cán bộ|được phép|<|soapenv|maLoi/, 'not a word of the upstream’s');
  t.match(await gateway.evidence(answer.body.requestId), [
    { kind: 'refusal', code: answer.body.code, status: answer.status, disclosed: null },
  ]);
}

t.test('every fault of every registry', async (t) => {
  const gateway = await startTestGateway(t);
  for (const row of rows) {
    const control = controlOf(gateway, row.registry);
    t.teardown(() => control.clear());
    const retries = async () => {
      const { text } = await gateway.operations('/metrics');
      return Number(
        new RegExp(`^lienthong_upstream_retries_total\\{upstream="${row.upstream}"\\} (\\d+)`, 'm').exec(
          text,
        )?.[1] ?? 0,
      );
    };
    t.equal((await ask(gateway, row)).status, 200, `${row.registry} answers`);
    refused(
      t,
      await gateway.call(row.system, row.service, row.absent),
      404,
      'not_found',
      `${row.registry}: absent`,
    );

    const faults: [
      name: string,
      fault: object,
      status: number,
      code: string,
      reason: string | undefined,
      asked: number,
    ][] = [
      ['drops the connection', { drop: true }, 502, 'upstream_failed', undefined, 2],
      ['breaks off in the middle', { truncate: true }, 502, 'upstream_failed', undefined, 2],
      ['says 500', { status: 500 }, 502, 'upstream_failed', undefined, 1],
      ['says 503', { status: 503 }, 502, 'upstream_failed', undefined, 2],
      ['says 404 for its service', { status: 404 }, 502, 'upstream_failed', undefined, 1],
      ['redirects', { status: 302 }, 502, 'upstream_failed', undefined, 1],
      ['is not well-formed', { malformed: true }, 502, 'upstream_malformed', undefined, 1],
      ['answers something else', { wrongSchema: true }, 502, 'upstream_malformed', undefined, 1],
      ['says too much', { oversize: 5_000_000 }, 502, 'upstream_malformed', 'answer_too_large', 1],
      ['refuses', { refuse: true }, 502, 'upstream_refused', row.refusedBecause, 1],
    ];
    for (const [what, fault, status, code, reason, asked] of faults) {
      const name = `${row.registry} ${what}`;
      await control.forget();
      const before = await retries();
      await control.fault({ ...fault, match: row.operation });
      const answer = await ask(gateway, row);
      await control.clear();
      refused(t, answer, status, code, name);
      t.equal(answer.body.reason, reason, `${name}: reason`);
      await disclosesNothing(t, gateway, answer);
      t.equal((await control.stats()).operations[row.operation], asked, `${name}: asked ${asked} times`);
      t.equal((await retries()) - before, asked - 1, `${name}: retries are counted`);
      t.equal((await ask(gateway, row)).status, 200, `${name}: and recovers`);
    }
    await control.fault({ drop: true, count: 1, match: row.operation });
    t.equal((await ask(gateway, row)).status, 200, `${row.registry}: one lost connection is made good`);
  }
  t.same(await leaks(gateway, [personalId]), []);
});

t.test('an answer later than the deadline', async (t) => {
  const gateway = await startTestGateway(t);
  await Promise.all(
    rows.map(async (row) => {
      const control = controlOf(gateway, row.registry);
      t.teardown(() => control.clear());
      await control.fault({ delayMs: 60_000, match: row.operation });
      const answer = await ask(gateway, row);
      await control.clear();
      refused(t, answer, 504, 'upstream_timeout', row.registry);
      await disclosesNothing(t, gateway, answer);
      t.equal((await ask(gateway, row)).status, 200, `${row.registry}: a slow answer stands in nobody’s way`);
    }),
  );
});

t.test('a breaker opens, says when to come back, and closes again', async (t) => {
  const gateway = await startTestGateway(t);
  const ready = async () => (await gateway.operations('/health/ready')).body;
  await Promise.all(
    rows.map(async (row) => {
      const control = controlOf(gateway, row.registry);
      t.teardown(() => control.clear());
      t.equal((await ask(gateway, row)).status, 200);
      await control.fault({ status: 500, match: row.operation });
      for (let attempt = 1; attempt <= 5; attempt++)
        refused(t, await ask(gateway, row), 502, 'upstream_failed');
      await control.clear();
      await control.forget();
      const answer = await ask(gateway, row);
      refused(t, answer, 503, 'upstream_unavailable', `${row.registry}: open`);
      t.match(answer.headers, { 'retry-after': /^[1-5]$/ });
      await disclosesNothing(t, gateway, answer);
      t.equal((await control.stats()).requests, 0, `${row.registry}: is left alone`);
      const { text } = await gateway.operations('/metrics');
      t.ok(text.includes(`lienthong_upstream_breaker_open{upstream="${row.upstream}"} 1`));
    }),
  );
  await until(async () => {
    const { status, dependencies } = (await ready()) as {
      status?: string;
      dependencies?: Record<string, { status: string }>;
    };
    return (
      status === 'degraded' &&
      rows.every(({ upstream }) => dependencies?.[`registry ${upstream}`]?.status === 'down')
    );
  });
  t.equal(
    (await gateway.operations('/health/ready')).status,
    200,
    'dead registries do not take the replica out',
  );
  for (const row of rows) await until(async () => (await ask(gateway, row)).status === 200);
  await until(async () => (await ready()).status === 'ok');
});

t.test('the business registry’s token ends, and no caller sees it', async (t) => {
  // Longer than a loaded machine lets a process stand still between having a token and using it: two in a row that have
  // ended on the way are a refusal, and rightly so.
  const registries = await startRegistries({ tokenLifetimeSeconds: 2 });
  t.teardown(() => registries.close());
  const gateway = await startTestGateway(t, { registries });
  const control = controlOf(gateway, 'business');
  const row = rows[1]!;
  await until(async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => ask(gateway, row)));
    t.ok(answers.every(({ status }) => status === 200));
    await wait(250); // within the agreement's rate
    return ((await control.stats()).operations.token ?? 0) >= 3;
  });
});

t.test('request id, case and officer reach the population registry', async (t) => {
  const gateway = await startTestGateway(t);
  const control = controlOf(gateway, 'population');
  const requestId = '0190d3b0-7c3e-7abc-8def-0123456789ab';
  const answer = await ask(gateway, rows[0]!, {
    'x-request-id': requestId,
    'x-case-id': 'H26.11.2026-0000042',
  });
  t.equal(answer.status, 200);
  t.match((await control.stats()).last.TraCuuThongTinCongDan, {
    ids: { MaYeuCau: requestId, MaDVC: 'H26.11.2026-0000042', MaCanBo: 'CB001', MaDonVi: 'H26' },
    headers: { 'x-request-id': requestId, 'x-case-id': 'H26.11.2026-0000042' },
  });
  for (const row of rows.slice(1)) {
    await ask(gateway, row, { 'x-request-id': requestId });
    const { last } = await controlOf(gateway, row.registry).stats();
    t.equal(last[row.operation]?.headers['x-request-id'], requestId, row.registry);
  }
  for (const [headers, reason] of [
    [{ 'x-officer-id': 'CB-KHONG-DUOC-PHEP' }, 'officer_not_permitted'],
    [{ 'x-case-id': '0.000000' }, 'procedure_not_licensed'],
  ] as const) {
    const refusal = await ask(gateway, rows[0]!, headers);
    refused(t, refusal, 502, 'upstream_refused', reason);
    t.equal(refusal.body.reason, reason);
  }
});

t.test('a registry that is not configured', async (t) => {
  const gateway = await startTestGateway(t, { variables: { LAND_UPSTREAMS: '', BUSINESS_URL: '' } });
  for (const row of rows.slice(1)) {
    const answer = await ask(gateway, row);
    refused(t, answer, 503, 'registry_not_connected', row.registry);
    t.match(answer, { body: { reason: 'not_configured', detail: /^Đơn vị vận hành chưa kết nối/ } });
    const english = await ask(gateway, row, { 'accept-language': 'en' });
    t.match(english.body.detail, /The operator has not connected .* trying again does not help/);
    t.notOk('retry-after' in answer.headers, 'waiting does not connect it');
  }
  const warned = gateway.log.filter((line) => line.includes('registries are not connected'));
  t.equal(warned.length, 1, 'the start logs a warning for the operator');
  t.match(JSON.parse(warned[0]!), { registries: ['business', 'land'] });
});
