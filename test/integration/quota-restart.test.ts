/** A quota is the agreement's, not a process's: it survives ends of every kind, and is never overspent. */
import { readFile, writeFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { refused } from '../support/answer.ts';
import { spawnTestGateway, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { layOut, type Setting } from '../support/setting.ts';

const [enterpriseCode] = samples().enterprises.present as [string];
const SYSTEM = 'H30.thu';
const agreements = [
  {
    agreement: 'TT-QUOTA',
    consumer: SYSTEM,
    services: [{ service: 'business.enterprise.lookup@1', revision: 0, fields: ['/name'] }],
    quota: { perDay: 6, perMonth: 10 },
  },
];

/** At the address by which it is known, where tokens come from. */
const restart = (test: Test, setting: Setting) =>
  startTestGateway(test, { setting, variables: { PORT: setting.variables.PORT! } });

const call = (gateway: Pick<TestGateway, 'call'>) =>
  gateway.call(SYSTEM, 'business.enterprise.lookup', { enterpriseCode });

async function spend(gateway: Pick<TestGateway, 'call'>, calls: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < calls; i++) statuses.push((await call(gateway)).status);
  return statuses;
}

const remaining = async (gateway: TestGateway) => {
  const authorization = `Bearer ${await gateway.token(SYSTEM)}`;
  const { body } = await gateway.send('/v1/catalog/services', { headers: { authorization } });
  const { services } = body.data as { services: { service: string; agreements: { quota: object }[] }[] };
  return services.find(({ service }) => service === 'business.enterprise.lookup')!.agreements[0]!.quota;
};

t.test('stopped in order: the rest is there after the restart', async (t) => {
  const setting = await layOut(t, { agreements });
  const first = await restart(t, setting);
  t.same(await spend(first, 4), [200, 200, 200, 200]);
  await first.close();
  const second = await restart(t, setting);
  t.match(await remaining(second), { perDay: 6, remaining: { day: 2, month: 6 } });
  t.same(await spend(second, 2), [200, 200]);
  const over = await call(second);
  refused(t, over, 429, 'quota_exhausted');
  t.ok(Number(over.headers['retry-after']) > 0);
  await second.close();
  refused(t, await call(await restart(t, setting)), 429, 'quota_exhausted', 'after another restart');
});

t.test('killed: what it had in hand is lost, none is spent twice', async (t) => {
  const setting = await layOut(t, { agreements });
  const killed = await spawnTestGateway(t, { setting });
  const before = await spend(killed, 2);
  await killed.process.end('SIGKILL');
  const replicas = await Promise.all([restart(t, setting), startTestGateway(t, { setting })]);
  const after = await Promise.all(replicas.map((replica) => spend(replica, 6)));
  const granted = [before, ...after].flat().filter((status) => status === 200).length;
  t.ok(granted >= 2 && granted <= 6, `${granted} of 6`);
  for (const replica of replicas) refused(t, await call(replica), 429, 'quota_exhausted');
});

t.test('a catalogue that is swapped keeps what is spent, and a new quota counts it', async (t) => {
  const gateway = await startTestGateway(t, { agreements });
  t.same(await spend(gateway, 3), [200, 200, 200]);
  const file = `${gateway.variables.CONTRACTS_DIR}/agreements/TT-QUOTA.yaml`;
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('"perDay":6', '"perDay":4'));
  await gateway.reload();
  t.same(await spend(gateway, 2), [200, 429], 'narrowed: one of four is left');
  await writeFile(file, text.replace('"perDay":6', '"perDay":9'));
  await gateway.reload();
  t.same(await spend(gateway, 6), [200, 200, 200, 200, 200, 429], 'widened: five of nine are left');
});
