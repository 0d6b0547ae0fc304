import t from 'tap';
import { request } from 'undici';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { controlOf } from '../../support/control.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { until } from '../../support/until.ts';

const { persons } = samples();

async function countedSources(gateway: TestGateway): Promise<string[]> {
  const forwarded = { 'x-forwarded-for': '203.0.113.7, 198.51.100.9' };
  await gateway.send('/v1/business/enterprises', { headers: forwarded });
  await gateway.send('/v1/business/enterprises', { headers: { ...forwarded, authorization: 'Bearer x' } });
  await gateway.close(); // what was counted is stored
  const rows = await gateway.query<{ source: string; code: string; count: number }>(
    'SELECT source, code, count::int FROM refusal_count ORDER BY code',
  );
  t.same(
    rows.map(({ code, count }) => [code, count]),
    [
      ['token_invalid', 1],
      ['token_missing', 1],
    ],
  );
  return [...new Set(rows.map(({ source }) => source))];
}

t.test('an address that the caller claims for itself is not believed', async (t) => {
  t.same(await countedSources(await startTestGateway(t)), ['127.0.0.1']);
});

t.test('but that of a proxy we know', async (t) => {
  const variables = { TRUSTED_PROXIES: '127.0.0.0/8' };
  t.same(await countedSources(await startTestGateway(t, { variables })), ['198.51.100.9']);
});

t.test('callers that hang up leave nothing behind', async (t) => {
  const gateway = await startTestGateway(t);
  const control = controlOf(gateway, 'population');
  t.teardown(() => control.clear());
  const authorization = `Bearer ${await gateway.token('H26.motcua')}`;
  await control.forget();
  await control.fault({ delayMs: 300, match: 'TraCuuThongTinCongDan' });
  const arrived = async () => (await control.stats()).operations.TraCuuThongTinCongDan ?? 0;
  let sent = 0;

  /** Calls, and hangs up when the registry has the call. `false`: the answer was faster, so nothing can be concluded. */
  async function callAndHangUp(personalId: string): Promise<boolean> {
    const before = await arrived();
    const hangUp = new AbortController();
    sent += 1;
    let isOver = false;
    const rejected = request(`${gateway.url}/v1/population/persons/lookup`, {
      method: 'POST',
      signal: hangUp.signal,
      headers: {
        authorization,
        'content-type': 'application/json',
        'x-purpose': 'dich-vu-cong',
        'x-case-id': 'x',
        'x-officer-id': 'x',
      },
      body: JSON.stringify({ personalId }),
    })
      .then(
        async ({ body }) => {
          await body.dump().catch(() => {});
          return false;
        },
        () => hangUp.signal.aborted,
      )
      .finally(() => {
        isOver = true;
      });
    await until(async () => isOver || (await arrived()) > before);
    hangUp.abort();
    return rejected;
  }

  for (const personalId of persons.present) await until(() => callAndHangUp(personalId));
  t.ok(sent > 0 && sent >= persons.present.length);
  // Each ends all the same: recorded, counted, logged.
  await until(async () => (await gateway.evidence()).length === sent);
  const left = async () => {
    const { text } = await gateway.operations('/metrics');
    return Number(
      /^lienthong_requests_total\{service="population.person.lookup@1",agency="H26",outcome="caller_left"\} (\d+)$/m.exec(
        text,
      )?.[1] ?? 0,
    );
  };
  await until(async () => (await left()) >= persons.present.length);
  const lines = gateway.log.filter((line) => line.includes('"outcome":"caller_left"'));
  t.ok(lines.length >= persons.present.length, `${lines.length} lines`);
  await control.clear();
  const answer = await gateway.call('H26.motcua', 'population.person.lookup', {
    personalId: persons.present[0]!,
  });
  t.equal(answer.status, 200);
  t.notOk(
    // That a dependency answers late is the machine's fault.
    gateway.log.some((line) => line.includes('"level":"error"') && !line.includes('"dependency"')),
    'and is nobody’s error',
  );
});
