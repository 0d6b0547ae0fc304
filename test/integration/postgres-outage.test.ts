import t, { type Test } from 'tap';
import type { PostgresServer } from '../../deploy/sandbox/postgres/postgres.ts';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { type Answer, refused } from '../support/answer.ts';
import { ownPostgres } from '../support/database.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

const { persons, enterprises } = samples();

/** What is missing first depends on how long PostgreSQL is away. */
const withoutStore = ['evidence_unavailable', 'revocations_unknown'];

interface Asked {
  readonly at: number;
  readonly answer: Answer;
}

/** Callers that go on calling, each with the token that it has, until the test stops them. */
function callers(gateway: TestGateway, count: number) {
  const asked: Asked[] = [];
  let stopped = false;
  const working = Array.from({ length: count }, async (_, index) => {
    for (let turn = index; !stopped; turn++) {
      const at = performance.now();
      const answer =
        turn % 2
          ? await gateway.call('H26.motcua', 'population.person.lookup', {
              personalId: persons.present[turn % 12]!,
            })
          : await gateway.call('G12.thue', 'business.enterprise.lookup', {
              enterpriseCode: enterprises.present[turn % 12]!,
            });
      // Not faster than the tax office's agreement allows.
      if (answer.status !== 429) asked.push({ at, answer });
    }
  });
  return {
    asked,
    stop: async () => {
      stopped = true;
      await Promise.all(working);
    },
  };
}

async function outage(t: Test, away: (postgres: PostgresServer) => Promise<void>): Promise<void> {
  const postgres = await ownPostgres(t);
  const gateway = await startTestGateway(t, { databaseUrl: postgres.url });
  const ready = () => gateway.operations('/health/ready');
  const tokens = [await gateway.token('H26.motcua'), await gateway.token('G12.thue')];
  await until(async () => (await ready()).body.status === 'ok');
  const { asked, stop } = callers(gateway, 4);
  const since = (from: number, status: number) =>
    asked.filter(({ at, answer }) => at >= from && answer.status === status);
  await until(() => since(0, 200).length >= 40);

  await away(postgres);
  const gone = performance.now();
  await until(() => since(gone, 503).length >= 8);
  // Revocations may be found unknown first, which is 503 too.
  const store = async () =>
    ((await ready()).body.dependencies as Record<string, { status: string }>).postgresql?.status;
  await until(async () => (await store()) === 'down');
  t.match(await ready(), { status: 503, body: { status: 'unavailable' } });
  t.equal((await gateway.operations('/health/live')).status, 200, 'but it lives: a restart would not help');
  t.equal((await gateway.operations('/metrics')).status, 200);
  const guess = await gateway.call('H26.motcua', 'population.person.lookup', {
    personalId: persons.present[0]!,
    fullName: 'Sai',
  });
  const reason = String(guess.body.code);
  t.ok(withoutStore.includes(reason), reason);
  refused(t, guess, 503, reason, 'what can be neither counted nor recorded is not compared');
  t.equal((await gateway.send('/openapi.json')).status, 200);
  const during = asked.filter(({ at }) => at >= gone).map(({ answer }) => answer);
  t.equal(during.filter(({ status }) => status === 200).length, 0, 'no evidence, no data');
  t.same(
    during.filter(({ body }) => !withoutStore.includes(String(body.code))),
    [],
  );
  refused(t, during[0]!, 503, String(during[0]!.body.code));
  t.ok(during.every(({ headers }) => /^\d+$/.test(headers['retry-after'] ?? '')));

  const back = performance.now();
  await postgres.start();
  await until(() => since(back, 200).length >= 40);
  await until(async () => (await ready()).body.status === 'ok');
  await stop();
  t.same(
    [await gateway.token('H26.motcua'), await gateway.token('G12.thue')],
    tokens,
    'with the same tokens',
  );

  const disclosed = asked
    .filter(({ answer }) => answer.status === 200)
    .map(({ answer }) => answer.headers['x-request-id']!);
  const rows = (await gateway.evidence())
    .filter(({ kind }) => kind === 'disclosure')
    .map((row) => row.request_id);
  t.equal(new Set(rows).size, rows.length, 'no disclosure is recorded twice');
  t.same(
    disclosed.filter((id) => !rows.includes(id)),
    [],
    'every answer that was ever received has its evidence',
  );
  // An entry whose acknowledgement was lost may stand for an answer that was not given; nothing else may.
  const withheld = new Set(
    asked.filter(({ answer }) => answer.status === 503).map(({ answer }) => answer.body.requestId),
  );
  t.same(
    rows.filter((id) => !disclosed.includes(id) && !withheld.has(id)),
    [],
  );
  t.same(
    Object.keys(Object.groupBy(asked, ({ answer }) => answer.status)),
    ['200', '503'],
    'and never another answer',
  );
}

t.test('PostgreSQL is stopped and started again while calls go on', (t) =>
  outage(t, (postgres) => postgres.halt()),
);

t.test('PostgreSQL crashes and recovers while calls go on', (t) => outage(t, (postgres) => postgres.kill()));

t.test('tokens are not issued while assertions cannot be remembered', async (t) => {
  const postgres = await ownPostgres(t);
  const gateway = await startTestGateway(t, { databaseUrl: postgres.url });
  const enterpriseCode = enterprises.present[0]!;
  await postgres.halt();
  await t.rejects(gateway.token('G12.thue'), { name: 'TokenError', status: 503 });
  await postgres.start();
  await until(async () => (await gateway.operations('/health/ready')).status === 200);
  t.equal((await gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode })).status, 200);
});

t.test('a second start on the same database keeps its data: keys, evidence, failed matches', async (t) => {
  const first = await startTestGateway(t);
  const token = await first.token('H26.motcua');
  // Each another guess: one that is repeated counts once.
  const input = (attempt: number) => ({
    personalId: persons.present[8]!,
    fullName: `Sai ${'ABCDEF'[attempt]}`,
  });
  for (let attempt = 0; attempt < 5; attempt++) {
    refused(t, await first.call('H26.motcua', 'population.person.lookup', input(attempt)), 404, 'not_found');
  }
  const before = await first.evidence();
  await first.close();
  const second = await startTestGateway(t, { setting: first });
  const headers = { authorization: `Bearer ${token}` };
  const answer = await second.call('H26.motcua', 'population.person.lookup', input(5), headers);
  refused(t, answer, 429, 'match_attempts_exhausted', 'the old token verifies, the old failures count');
  t.same(await second.evidence(), before);
});
