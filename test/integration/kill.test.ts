import t from 'tap';
import { spawnTestGateway } from '../support/gateway.ts';
import { ownKafka } from '../support/kafka.ts';
import type { Setting } from '../support/setting.ts';
import { until } from '../support/until.ts';
import { codes, complete, metric, push, TOPIC } from './support/changes.ts';
import { follow } from './support/topic.ts';

// Seven gateways and two Kafkas are started, one after the other.
t.setTimeout(300_000);

t.test('SIGKILL between a 201 and the relay: the change arrives after the next start', async (t) => {
  const kafka = await ownKafka(t);
  if (!kafka) return;
  const variables = { KAFKA_BROKERS: kafka.brokers.join(), LOG_LEVEL: 'info' };
  const first = await spawnTestGateway(t, { variables });
  await push(first, 1);
  await until(
    async () =>
      (await metric(
        first,
        /^lienthong_kafka_sends_total\{topic="lienthong\.business\.enterprise\.[^"]*",outcome="ok"\} (\d+)/m,
      )) >= codes.length,
  );
  await kafka.stopBroker(0);
  await push(first, 2);
  t.match(await first.process.end('SIGKILL'), { signal: 'SIGKILL' });
  await kafka.startBroker(0);

  const setting: Setting = first;
  const second = await spawnTestGateway(t, { setting });
  await push(second, 3);
  const events = await follow(t, kafka.brokers, TOPIC);
  await until(() => new Set(events.map(({ id }) => id)).size >= 3 * codes.length);
  complete(t, events, 3);
  t.match(await second.process.end('SIGTERM'), { code: 0 });
});

t.test('SIGKILL while changes are relayed, again and again: none is lost', async (t) => {
  const kafka = await ownKafka(t);
  if (!kafka) return;
  const variables = { KAFKA_BROKERS: kafka.brokers.join(), LOG_LEVEL: 'info' };
  let gateway = await spawnTestGateway(t, { variables });
  for (let version = 1; version <= 4; version++) {
    await push(gateway, version);
    await gateway.process.end('SIGKILL');
    gateway = await spawnTestGateway(t, { setting: gateway });
  }
  await push(gateway, 5);
  await until(
    async () =>
      (await metric(
        gateway,
        /^lienthong_kafka_sends_total\{topic="lienthong\.business\.enterprise\.[^"]*",outcome="ok"\} (\d+)/m,
      )) > 0,
  );
  const events = await follow(t, kafka.brokers, TOPIC);
  await until(() => new Set(events.map(({ id }) => id)).size >= 5 * codes.length);
  complete(t, events, 5);
});
