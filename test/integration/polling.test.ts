/** A gateway that polls, as it is configured: from the registry's journal to a subscriber's feed, over two replicas. */
import t from 'tap';
import { allEnterprises } from '../../deploy/sandbox/registries/business/registry.ts';
import { startRegistries } from '../../deploy/sandbox/registries/start.ts';
import { readConfig } from '../../gateway/config/config.ts';
import { startTestGateway } from '../support/gateway.ts';
import { leaks } from '../support/leaks.ts';
import { layOut } from '../support/setting.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { metric } from './support/changes.ts';

interface Told {
  readonly entityversion: string;
  readonly data: { readonly changedFields: string[]; readonly state: { readonly enterpriseCode?: string } };
}

async function feedOf(gateway: TestClient, token: string): Promise<Told[]> {
  const { status, text, body } = await gateway.send('/v1/changes/business?limit=500', {
    headers: { authorization: `Bearer ${token}`, 'x-purpose': 'quan-ly-thue' },
  });
  if (status !== 200) throw new Error(`${status} ${text}`);
  return body.data as Told[];
}

t.test('an entry of the registry’s journal reaches the feed, whichever replica polls', async (t) => {
  const registries = await startRegistries();
  t.teardown(() => registries.close());
  const gateway = await startTestGateway(t, { registries, variables: { BUSINESS_POLL_SECONDS: '5' } });
  const token = await gateway.token('G12.thue');
  const [one, other] = allEnterprises();
  const first = registries.registries.business.change(one!.code, { capital: 5_000_000_000 }, 10);
  await until(async () => (await feedOf(gateway, token)).length === 1);

  const replica = await startTestGateway(t, { setting: gateway });
  t.equal(await metric(gateway, /lienthong_poll_leader\{registry="business"\} (\d)/), 1);
  t.equal(await metric(replica, /lienthong_poll_leader\{registry="business"\} (\d)/), 0);
  await gateway.close();
  const second = registries.registries.business.change(other!.code, { capital: 5_000_000_000 }, 10);
  await until(async () => (await feedOf(replica, token)).length === 2);
  t.match(await feedOf(replica, token), [
    { entityversion: String(first.version), data: { state: { enterpriseCode: one!.code } } },
    { entityversion: String(second.version), data: { state: { enterpriseCode: other!.code } } },
  ]);

  const ready = JSON.parse((await replica.operations('/health/ready')).text);
  t.match(ready, { status: 'ok', dependencies: { 'polling business': { status: 'up' } } });
  const lag = await metric(replica, /lienthong_poll_lag_seconds\{registry="business"\} ([\d.]+)/);
  t.ok(lag >= 120, `two minutes are not read yet: ${lag}`);
  t.equal(
    await metric(replica, /lienthong_poll_entries_total\{registry="business",outcome="accepted"\} (\d+)/),
    1,
  );
  t.same(await leaks(replica, [one!.code, other!.code]), []);
});

t.test('without the variable nothing is polled, and an invalid value is reported', async (t) => {
  const setting = await layOut(t);
  const gateway = await startTestGateway(t, { setting });
  t.notMatch((await gateway.operations('/health/ready')).text, 'polling');
  t.notMatch((await gateway.operations('/metrics')).text, /^lienthong_poll_\w+\{/m);
  for (const wrong of ['0', '4', '901', '1.5', 'often']) {
    const variables = { ...setting.variables, BUSINESS_POLL_SECONDS: wrong };
    t.throws(
      () => readConfig(variables),
      /BUSINESS_POLL_SECONDS: must be a whole number from 5 to 900/,
      wrong,
    );
  }
  t.equal(
    readConfig({ ...setting.variables, BUSINESS_POLL_SECONDS: '60' }).registries.business?.pollEvery,
    60_000,
  );
});
