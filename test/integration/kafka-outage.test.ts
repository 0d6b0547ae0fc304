import t, { type Test } from 'tap';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { type Door, type Setting, spawnTestGateway, startTestGateway, until } from '../support/gateway.ts';
import { ownKafka } from '../support/kafka.ts';
import { follow, type TopicEvent } from './support/topic.ts';

const TOPIC = 'lienthong.business.enterprise.TT-2026-G12-02.g1';
const codes = samples().enterprises.present.slice(0, 6);

/** Pushes one more version of each enterprise, as its provider does. */
async function push(gateway: Door, version: number): Promise<void> {
  const changes = await Promise.all(
    codes.map(async (enterpriseCode) => {
      const { body } = await gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode });
      return {
        entity: 'enterprise',
        subject: enterpriseCode,
        version,
        operation: 'updated',
        occurredAt: new Date().toISOString(),
        changedFields: ['/numberOfChanges'],
        data: { ...(body.data as object), numberOfChanges: version },
      };
    }),
  );
  const answer = await gateway.call('G12.dkkd', 'business.changes.publish', { changes });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
}

/** Is everything there, in order? Repeated deliveries are allowed, and recognised by their id. */
function complete(t: Test, events: readonly TopicEvent[], versions: number): void {
  const first = [...new Map(events.toReversed().map((event) => [event.id, event])).values()];
  t.equal(first.length, codes.length * versions, 'every change, none twice under another id');
  const sequences = first.map(({ sequence }) => sequence).sort((a, b) => a - b);
  t.same(
    sequences,
    Array.from({ length: first.length }, (_, index) => index + 1),
    'without a gap',
  );
  const seen = new Set<string>();
  const inOrder = events.filter(({ id }) => !seen.has(id) && seen.add(id));
  for (const [subject, own] of Map.groupBy(inOrder, (event) => event.subject)) {
    t.same(
      own.map(({ version }) => version),
      Array.from({ length: versions }, (_, index) => index + 1),
      subject,
    );
    t.equal(new Set(own.map(({ partition }) => partition)).size, 1, 'one partition a subject');
    t.ok(own.every(({ key, data }) => key === subject && data.state?.numberOfChanges === data.version));
  }
  const text = JSON.stringify(events.map(({ key, id }) => [key, id]));
  t.notOk(
    codes.some((code) => text.includes(code)),
    'keys and ids are pseudonyms',
  );
}

const metric = async (gateway: Door, line: RegExp) =>
  Number(line.exec((await gateway.operations('/metrics')).text)?.[1] ?? Number.NaN);

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
      (await metric(gateway, /^lienthong_kafka_sends_total\{.*outcome="ok"\} (\d+)/m)) >= codes.length,
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
      (await metric(gateway, /^lienthong_outbox_depth\{.*registry="business"\} (\d+)/m)) >= 3 * codes.length,
  );
  t.equal(await metric(gateway, /^lienthong_dependency_up\{dependency="kafka"\} (\d+)/m), 0);
  t.ok(
    (await metric(gateway, /^lienthong_outbox_oldest_unsent_seconds\{.*registry="business"\} ([\d.]+)/m)) > 0,
  );
  const feed = await gateway.send('/v1/changes/business', {
    headers: { authorization: `Bearer ${await gateway.token('G12.thue')}` },
  });
  t.equal((feed.body.data as unknown[]).length, 4 * codes.length, 'the feed goes on meanwhile');

  await kafka.startBroker(0);
  await until(() => new Set(events.map(({ id }) => id)).size >= 4 * codes.length);
  await until(async () => (await ready()).body.status === 'ok');
  await until(
    async () => (await metric(gateway, /^lienthong_outbox_depth\{.*registry="business"\} (\d+)/m)) === 0,
  );
  complete(t, events, 4);
  const delivered = (await gateway.evidence()).filter(({ kind }) => kind === 'delivery');
  t.ok(delivered.length > 0, 'deliveries are evidence');
  t.ok(delivered.every(({ agreement }) => agreement === 'TT-2026-G12-02'));
});

t.test('SIGKILL between a 201 and the relay: the change arrives after the next start', async (t) => {
  const kafka = await ownKafka(t);
  if (!kafka) return;
  const variables = { KAFKA_BROKERS: kafka.brokers.join(), LOG_LEVEL: 'info' };
  const first = await spawnTestGateway(t, { variables });
  await push(first, 1);
  await until(
    async () =>
      (await metric(first, /^lienthong_kafka_sends_total\{.*outcome="ok"\} (\d+)/m)) >= codes.length,
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
    async () => (await metric(gateway, /^lienthong_kafka_sends_total\{.*outcome="ok"\} (\d+)/m)) > 0,
  );
  const events = await follow(t, kafka.brokers, TOPIC);
  await until(() => new Set(events.map(({ id }) => id)).size >= 5 * codes.length);
  complete(t, events, 5);
});
