import t from 'tap';
import { startTestGateway } from '../support/gateway.ts';
import { ownKafka } from '../support/kafka.ts';
import { until } from '../support/until.ts';
import { codes, complete, metric, push, TOPIC } from './support/changes.ts';
import { follow } from './support/topic.ts';

t.setTimeout(300_000);

t.test('Kafka is stopped and started again: changes wait, and arrive in order', async (t) => {
  const kafka = await ownKafka(t);
  if (!kafka) return;
  const gateway = await startTestGateway(t, {
    variables: { KAFKA_BROKERS: kafka.brokers.join(), KAFKA_PARTITIONS: '3' },
  });
  const ready = async () => gateway.operations('/health/ready');
  await push(gateway, 1);
  await until(
    async () =>
      (await metric(
        gateway,
        /^lienthong_kafka_sends_total\{topic="lienthong\.business\.enterprise\.[^"]*",outcome="ok"\} (\d+)/m,
      )) >= codes.length,
  );
  const events = await follow(t, kafka.brokers, TOPIC);
  await until(() => events.length >= codes.length);
  await until(async () => (await ready()).body.status === 'ok');

  await kafka.stopBroker(0);
  for (let version = 2; version <= 4; version++) await push(gateway, version);
  await until(async () => (await ready()).body.status === 'degraded');
  t.match(await ready(), {
    status: 200,
    body: { dependencies: { kafka: { status: 'down' }, postgresql: { status: 'up' } } },
  });
  await until(
    async () =>
      (await metric(gateway, /^lienthong_outbox_depth\{sink="kafka",registry="business"\} (\d+)/m)) >=
      3 * codes.length,
  );
  t.equal(await metric(gateway, /^lienthong_dependency_up\{dependency="kafka"\} (\d+)/m), 0);
  t.ok(
    (await metric(
      gateway,
      /^lienthong_outbox_oldest_unsent_seconds\{sink="kafka",registry="business"\} ([\d.]+)/m,
    )) > 0,
  );
  const feed = await gateway.send('/v1/changes/business', {
    headers: { authorization: `Bearer ${await gateway.token('G12.thue')}` },
  });
  t.equal((feed.body.data as unknown[]).length, 4 * codes.length, 'the feed goes on meanwhile');

  await kafka.startBroker(0);
  await until(() => new Set(events.map(({ id }) => id)).size >= 4 * codes.length);
  await until(async () => (await ready()).body.status === 'ok');
  await until(
    async () =>
      (await metric(gateway, /^lienthong_outbox_depth\{sink="kafka",registry="business"\} (\d+)/m)) === 0,
  );
  complete(t, events, 4);
  const delivered = (await gateway.evidence()).filter(({ kind }) => kind === 'delivery');
  t.ok(delivered.length > 0, 'deliveries are evidence');
  t.ok(delivered.every(({ agreement }) => agreement === 'TT-2026-G12-02'));
});
