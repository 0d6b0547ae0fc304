import t from 'tap';
import { Client } from 'undici';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { controlOf } from '../support/control.ts';
import { spawnTestGateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

const { enterprises, persons } = samples();
const services = [{ service: 'business.enterprise.lookup@1', revision: 0, fields: [''] }];
const agreements = [{ agreement: 'TT-FAST', consumer: 'H30.nhanh', services }];
const CONNECTIONS = 32;

interface Sent {
  readonly at: number;
  readonly status: number | undefined;
  readonly error: string | undefined;
  readonly requestId: string;
}

t.test('SIGTERM under load: what was sent before is answered, with evidence', async (t) => {
  const gateway = await spawnTestGateway(t, { agreements, variables: { LOG_LEVEL: 'info' } });
  const authorization = `Bearer ${await gateway.token('H30.nhanh')}`;
  const sent: Sent[] = [];
  const busy = Array.from({ length: CONNECTIONS }, async (_, index) => {
    const client = new Client(gateway.url, { pipelining: 1 });
    try {
      for (let turn = index; ; turn++) {
        const at = performance.now();
        const path = `/v1/business/enterprises/${enterprises.present[turn % 12]}`;
        try {
          const response = await client.request({ method: 'GET', path, headers: { authorization } });
          await response.body.text();
          sent.push({
            at,
            status: response.statusCode,
            error: undefined,
            requestId: String(response.headers['x-request-id']),
          });
        } catch (error) {
          const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
          sent.push({ at, status: undefined, error: code, requestId: '' });
          return;
        }
      }
    } finally {
      await client.destroy();
    }
  });
  await until(() => sent.length >= 10 * CONNECTIONS);
  const signalled = performance.now();
  const ended = await gateway.process.end('SIGTERM');
  await Promise.all(busy);

  t.same(ended, { code: 0, signal: null });
  const before = sent.filter(({ at }) => at < signalled);
  t.same(
    before.filter(({ status }) => status !== 200),
    [],
    'whatever was sent before the signal got its answer',
  );
  const after = sent.filter(({ at, status }) => at >= signalled && status !== undefined);
  t.same(
    after.filter(({ status }) => status !== 200),
    [],
    'and what still came through did so too',
  );
  const errors = new Set(sent.flatMap(({ error }) => error ?? []));
  t.ok(
    [...errors].every((code) => /ECONNREFUSED|UND_ERR_SOCKET|ECONNRESET/.test(code)),
    [...errors].join(),
  );
  const answered = sent.filter(({ status }) => status === 200).map(({ requestId }) => requestId);
  const rows = new Set((await gateway.evidence()).map((row) => row.request_id));
  t.same(
    answered.filter((id) => !rows.has(id)),
    [],
    'each answer has its evidence',
  );
});

t.test('SIGTERM while a registry takes its time', async (t) => {
  const gateway = await spawnTestGateway(t);
  const control = controlOf(gateway, 'population');
  t.teardown(() => control.clear());
  await gateway.token('H26.motcua');
  await control.forget();
  await control.fault({ delayMs: 1500, match: 'TraCuuThongTinCongDan' });
  const asked = persons.present
    .slice(0, 8)
    .map((personalId) => gateway.call('H26.motcua', 'population.person.lookup', { personalId }));
  await until(async () => ((await control.stats()).operations.TraCuuThongTinCongDan ?? 0) === 8);
  const ending = gateway.process.end('SIGTERM');
  const answers = await Promise.all(asked);
  t.same(
    answers.map(({ status }) => status),
    Array(8).fill(200),
  );
  t.same(await ending, { code: 0, signal: null });
  t.equal((await gateway.evidence()).length, 8);
});

t.test('a gateway that cannot start says why in one line, and leaves nothing running', async (t) => {
  const gateway = await spawnTestGateway(t);
  const { PORT, ...others } = gateway.variables;
  await t.rejects(spawnTestGateway(t, { setting: gateway }), /EADDRINUSE/, 'the port is taken');
  await t.rejects(
    spawnTestGateway(t, { setting: { ...gateway, variables: { ...others, PORT: 'x' } } }),
    /PORT: must be a whole number/,
  );
  t.match(await gateway.process.end('SIGINT'), { code: 0 });
});
