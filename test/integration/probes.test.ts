/** Registries that nobody calls: the gateway asks them itself, and its alert ends when they are well again. */
import t from 'tap';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { startRegistries } from '../../deploy/sandbox/registries/start.ts';
import { startTestGateway } from '../support/gateway.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

t.setTimeout(120_000);

const [enterpriseCode = ''] = samples().enterprises.present;

async function statesOf(gateway: TestClient): Promise<Record<string, string>> {
  const { text } = await gateway.operations('/metrics');
  const states = text.matchAll(/^lienthong_upstream_state\{upstream="([^"]+)",state="(\w+)"\} 1$/gm);
  return Object.fromEntries([...states].map(([, upstream, state]) => [upstream, state]));
}

async function healthOf(gateway: TestClient) {
  const { dependencies } = (await gateway.operations('/health/ready')).body;
  return dependencies as Record<string, { status: string; reason?: string }>;
}

t.test('each is known to be well without a call; one that was down is well again without one', async (t) => {
  const registries = await startRegistries();
  t.teardown(() => registries.close());
  const gateway = await startTestGateway(t, { registries, variables: { UPSTREAM_PROBE_SECONDS: '60' } });
  const names = ['population', 'business', 'land/01', 'land/48', 'land/79'];
  await until(async () => Object.values(await statesOf(gateway)).every((state) => state === 'up'));
  t.strictSame(Object.keys(await statesOf(gateway)).sort(), names.toSorted());
  await until(async () => (await healthOf(gateway))['registry land/79']?.status === 'up');

  const fault = (method: string, body?: string) =>
    fetch(`${registries.business.url}/control/faults`, { method, ...(body && { body }) });
  await fault('PUT', '{"status":500}');
  const lookUp = () => gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode });
  await until(async () => (await lookUp()).body.code === 'upstream_unavailable');
  await until(async () => (await statesOf(gateway)).business === 'down');
  await until(async () => (await healthOf(gateway))['registry business']?.status === 'down');
  t.match((await healthOf(gateway))['registry business'], { reason: 'server_error' });
  t.equal((await statesOf(gateway)).population, 'up', 'the others are not blamed');

  const called = gateway.answers.length;
  await fault('DELETE');
  await until(async () => (await statesOf(gateway)).business === 'up');
  const since = gateway.answers.slice(called).map(({ text }) => text);
  t.ok(
    since.every((text) => text.includes('lienthong_')),
    'nobody has called meanwhile',
  );
  const stats = (await (await fetch(`${registries.population.url}/../control/stats`)).json()) as {
    last: Record<string, { ids: Record<string, string> }>;
  };
  t.strictSame(Object.keys(stats.last), ['TraCuuThongTinCongDan']);
  t.strictSame(
    Object.keys(stats.last.TraCuuThongTinCongDan!.ids).sort(),
    ['MaTichHop', 'MaYeuCau'],
    'no officer, no agency',
  );
  await until(() => gateway.log.some((line) => /"dependency":"registry business".*is up again/.test(line)));
});

t.test('without probes nothing is asked, and nothing is said', async (t) => {
  const registries = await startRegistries();
  t.teardown(() => registries.close());
  const gateway = await startTestGateway(t, { registries, variables: { UPSTREAM_PROBE_SECONDS: '0' } });
  await until(async () => (await gateway.operations('/health/ready')).body.status === 'ok');
  t.match((await healthOf(gateway))['registry population'], { status: 'unknown', reason: 'not_asked' });
  t.strictSame(new Set(Object.values(await statesOf(gateway))), new Set(['unknown']));
  t.equal((await gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode })).status, 200);
  await until(async () => (await statesOf(gateway)).business === 'up');
  t.equal((await statesOf(gateway)).population, 'unknown');
});
