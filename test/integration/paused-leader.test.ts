import t from 'tap';
import { freePort } from '../../deploy/sandbox/processes/free-port.ts';
import { spawnTestGateway } from '../support/gateway.ts';
import { ownKafka } from '../support/kafka.ts';
import { layOut } from '../support/setting.ts';
import { until } from '../support/until.ts';
import { codes, complete, metric, push, TOPIC } from './support/changes.ts';
import { follow } from './support/topic.ts';

t.setTimeout(180_000);

const leads = (gateway: Parameters<typeof metric>[0]) => metric(gateway, /^lienthong_relay_leader (\d+)/m);

t.test('a paused leader is replaced, and fenced when it continues', async (t) => {
  const kafka = await ownKafka(t);
  if (!kafka) return;
  const setting = await layOut(t, { variables: { KAFKA_BROKERS: kafka.brokers.join(), LOG_LEVEL: 'info' } });
  // The other one is the one behind the public address, which has to answer for tokens.
  const ports = { PORT: String(await freePort()), OPERATIONS_PORT: String(await freePort()) };
  const leader = await spawnTestGateway(t, { setting, variables: ports });
  await until(async () => (await leads(leader)) === 1);
  const other = await spawnTestGateway(t, { setting });
  await push(other, 1);
  const events = await follow(t, kafka.brokers, TOPIC);
  const arrived = (versions: number) =>
    until(() => new Set(events.map(({ id }) => id)).size >= codes.length * versions);
  await arrived(1);

  process.kill(leader.process.pid, 'SIGSTOP');
  const paused = performance.now();
  await push(other, 2);
  await until(async () => (await leads(other)) === 1);
  t.comment(`taken over after ${Math.round(performance.now() - paused)} ms`);
  await push(other, 3);
  await arrived(3);

  process.kill(leader.process.pid, 'SIGCONT');
  await until(async () => (await leads(leader)) === 0);
  await push(other, 4);
  await arrived(4);
  t.equal(await leads(other), 1);
  complete(t, events, 4);
});
