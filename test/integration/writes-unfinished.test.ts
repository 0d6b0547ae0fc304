/** Writes whose outcome is unknown for a while: whatever dies, each is settled once, and its change is delivered once. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import t, { type Test } from 'tap';
import type { Fault } from '../../deploy/sandbox/registries/http/faults.ts';
import { type Answer, refused } from '../support/answer.ts';
import { controlOf } from '../support/control.ts';
import { ownPostgres } from '../support/database.ts';
import { spawnTestGateway, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { layOut, type Setting } from '../support/setting.ts';
import { until } from '../support/until.ts';
import { outbox, type Sale, sale, sell, subjectOf, trail, versionOf, writes } from './support/writes.ts';

const settled = (setting: Setting) =>
  until(async () => (await writes(setting)).every(({ state }) => state !== 'pending'));

/** Repeats a call as `Retry-After` says, until it has its outcome. */
async function outcome(gateway: TestGateway, deal: Sale, key: string): Promise<Answer> {
  let answer = await sell(gateway, deal, key);
  await until(async () => {
    if (answer.body.code !== 'outcome_pending') return true;
    answer = await sell(gateway, deal, key);
    return false;
  });
  return answer;
}

/** Applied once, delivered once, and recorded as both. */
async function once(t: Test, setting: Setting, deal: Sale, requestId: string | undefined): Promise<void> {
  t.equal(versionOf(setting, deal), deal.recordVersion + 1, 'the registry did it once');
  const changes = await outbox(setting, subjectOf(deal));
  t.equal(changes.length, 1, 'it is delivered once');
  const { steps, rows } = await trail(setting, requestId);
  t.same(
    steps.filter(([kind]) => kind === 'intent' || kind === 'write'),
    [
      ['intent', 202, null],
      ['write', 200, null],
    ],
  );
  t.equal(rows.find(({ kind }) => kind === 'write')!.transaction, changes[0]!.transaction);
}

/** For those that nothing dies of. */
const gateway = await startTestGateway(t);

t.test('the registry gives no usable answer: pending, then settled', async (t) => {
  const control = controlOf(gateway, 'land');
  t.teardown(() => control.clear());
  const match = 'chuyenQuyen';
  // Each comes twice: a request that the registry recognises is sent once more at once.
  const faults: readonly [what: string, fault: Fault, requests: number][] = [
    ['dropped before it is applied', { drop: true, before: true, count: 2 }, 3],
    ['dropped after it was applied', { drop: true, count: 2 }, 2],
    ['a server error after it was applied', { status: 500, count: 1 }, 1],
    ['an answer that cannot be read', { malformed: true, count: 1 }, 1],
    ['an answer that breaks the contract', { wrongSchema: true, count: 1 }, 1],
  ];
  for (const [what, fault, requests] of faults) {
    await control.forget();
    await control.fault({ ...fault, match });
    const deal = sale(gateway);
    const key = randomUUID();
    const first = await sell(gateway, deal, key);
    refused(t, first, 503, 'outcome_pending', what);
    t.match(first.headers['retry-after'], /^\d+$/, what);
    // The caller may never come back.
    await settled(gateway);
    await once(t, gateway, deal, first.headers['x-request-id']);
    t.equal((await control.stats()).operations['thuaDat/chuyenQuyen'], requests, `${what}: requests`);
    t.match(await outcome(gateway, deal, key), { status: 200, body: { data: { recordVersion: 2 } } }, what);
  }
});

t.test('a broken connection is no matter for a request that the registry recognises', async (t) => {
  const control = controlOf(gateway, 'land');
  t.teardown(() => control.clear());
  await control.fault({ drop: true, count: 1, match: 'chuyenQuyen' });
  const deal = sale(gateway);
  const answer = await sell(gateway, deal);
  t.equal(answer.status, 200);
  await once(t, gateway, deal, answer.headers['x-request-id']);
});

t.test('certainly nothing was changed: the key may be used again', async (t) => {
  const control = controlOf(gateway, 'land');
  t.teardown(() => control.clear());
  const deal = sale(gateway);
  const key = randomUUID();
  const before = await writes(gateway);
  await control.fault({ refuse: true, count: 1 });
  const first = await sell(gateway, deal, key);
  refused(t, first, 502, 'upstream_refused');
  t.same((await trail(gateway, first.headers['x-request-id'])).steps, [
    ['intent', 202, null],
    ['write', 502, 'upstream_refused'],
    ['refusal', 502, 'upstream_refused'],
  ]);
  t.same(await writes(gateway), before);
  t.equal((await sell(gateway, deal, key)).status, 200);
});

t.test('no evidence of the intent, no write; none of the outcome, no outcome', async (t) => {
  const refuse = (kind: string) =>
    gateway.query(`ALTER TABLE evidence ADD CONSTRAINT none CHECK (kind <> '${kind}') NOT VALID`);
  const allow = () => gateway.query('ALTER TABLE evidence DROP CONSTRAINT none');
  const deal = sale(gateway);
  const key = randomUUID();
  const before = await writes(gateway);
  await refuse('intent');
  refused(t, await sell(gateway, deal, key), 503, 'evidence_unavailable');
  t.equal(versionOf(gateway, deal), 1, 'the registry was not asked');
  t.same(await writes(gateway), before);
  await allow();
  await refuse('write');
  const first = await sell(gateway, deal, key);
  refused(t, first, 503, 'outcome_pending');
  t.same(await outbox(gateway, subjectOf(deal)), [], 'and no change');
  await allow();
  await settled(gateway);
  await once(t, gateway, deal, first.headers['x-request-id']);
});

t.test('a deadline passes while the registry works: others hear 409 before, and 503 after', async (t) => {
  const control = controlOf(gateway, 'land');
  t.teardown(() => control.clear());
  await control.fault({ delayMs: 5500, count: 1, match: 'chuyenQuyen' });
  const deal = sale(gateway);
  const key = randomUUID();
  const first = sell(gateway, deal, key);
  await until(() => versionOf(gateway, deal) === 2);
  refused(t, await sell(gateway, deal, key), 409, 'idempotency_key_in_use');
  refused(t, await sell(gateway, { ...deal, recordVersion: 9 }, key), 422, 'idempotency_key_reused');
  refused(t, await first, 503, 'outcome_pending');
  await settled(gateway);
  await once(t, gateway, deal, (await first).headers['x-request-id']);
});

t.test('SIGKILL between the answer of the registry and the commit: another replica settles it', async (t) => {
  const setting = await layOut(t);
  const first = await spawnTestGateway(t, { setting });
  const deal = sale(setting);
  const key = randomUUID();
  const requestId = randomUUID();
  // Its commit waits for this lock, which a batch of the provider might hold.
  const lock = new pg.Client(setting.databaseUrl);
  await lock.connect();
  await lock.query(`BEGIN; SELECT FROM stream WHERE registry = 'land' FOR UPDATE`);
  const lost = sell(first, deal, key, { 'x-request-id': requestId });
  const gone = t.rejects(lost, 'no answer');
  await until(
    async () =>
      (
        await setting.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM stream%'`,
        )
      ).length === 1,
  );
  t.equal(versionOf(setting, deal), 2, 'the registry has answered');
  t.match(await first.process.end('SIGKILL'), { signal: 'SIGKILL' });
  await gone;
  await lock.query('ROLLBACK');
  await lock.end();
  t.same(await outbox(setting, subjectOf(deal)), [], 'nothing of it is in the outbox');

  const second = await spawnTestGateway(t, { setting });
  // While the lease lasts, nobody knows that its holder is dead.
  refused(t, await sell(second, deal, key), 409, 'idempotency_key_in_use');
  await setting.query('UPDATE write SET lease_until = clock_timestamp()');
  await settled(second);
  await once(t, second, deal, requestId);
  t.match(await sell(second, deal, key), { status: 200, body: { data: { recordVersion: 2 } } });
  t.equal(versionOf(second, deal), 2);
});

t.test('PostgreSQL goes between the answer of the registry and the commit', async (t) => {
  const postgres = await ownPostgres(t);
  const gateway = await startTestGateway(t, { databaseUrl: postgres.url });
  const control = controlOf(gateway, 'land');
  t.teardown(() => control.clear());
  await control.fault({ delayMs: 1500, count: 1, match: 'chuyenQuyen' });
  const deal = sale(gateway);
  const key = randomUUID();
  const first = sell(gateway, deal, key);
  await until(() => versionOf(gateway, deal) === 2);
  await postgres.halt();
  refused(t, await first, 503, 'outcome_pending');
  t.match((await first).headers['retry-after'], /^\d+$/);
  const other = sale(gateway);
  t.equal((await sell(gateway, other)).status, 503);
  t.equal(versionOf(gateway, other), 1, 'without PostgreSQL nothing is asked of the registry');
  await postgres.start();
  await until(async () => (await gateway.operations('/health/ready')).status === 200);
  await gateway.query('UPDATE write SET lease_until = clock_timestamp()');
  await settled(gateway);
  await once(t, gateway, deal, (await first).headers['x-request-id']);
  t.match(await outcome(gateway, deal, key), { status: 200, body: { data: { recordVersion: 2 } } });
});

t.test('two replicas settle what a third left: once', async (t) => {
  const gateway = await startTestGateway(t);
  const control = controlOf(gateway, 'land');
  t.teardown(() => control.clear());
  await startTestGateway(t, { setting: gateway });
  await control.fault({ status: 500, count: 4, match: 'chuyenQuyen' });
  // Fewer than open the breaker.
  const deals = Array.from({ length: 4 }, () => sale(gateway));
  const answers = await Promise.all(deals.map((deal) => sell(gateway, deal)));
  for (const answer of answers) refused(t, answer, 503, 'outcome_pending');
  await settled(gateway);
  for (const [index, deal] of deals.entries())
    await once(t, gateway, deal, answers[index]!.headers['x-request-id']);
  const positions = await gateway.query<{ position: number }>(
    'SELECT position FROM change ORDER BY position',
  );
  t.same(
    positions.map(({ position }) => position),
    deals.map((_, index) => index + 1),
    'without gaps',
  );
});
