import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import kafkajs from 'kafkajs';
import { pino } from 'pino';
import t from 'tap';
import { LARGEST_CHANGE } from '../../../../../gateway/changes/intake/check.ts';
import { Fenced } from '../../../../../gateway/changes/relay/fence.ts';
import type { ChangeEvent } from '../../../../../gateway/changes/render/event.ts';
import { openAccessKeeper } from '../../../../../gateway/changes/sinks/kafka/access/access-keeper.ts';
import { endTopic } from '../../../../../gateway/changes/sinks/kafka/end-topic.ts';
import { createKafkaTransport } from '../../../../../gateway/changes/sinks/kafka/kafka.ts';
import { byPartition } from '../../../../../gateway/changes/sinks/kafka/topics/kafka-messages.ts';
import { partitionOf } from '../../../../../gateway/changes/sinks/kafka/topics/partition.ts';
import { openTopicLedger } from '../../../../../gateway/changes/sinks/kafka/topics/topic-ledger.ts';
import { checkWritten } from '../../../../../gateway/changes/sinks/kafka/topics/topic-writer.ts';
import { createMetrics } from '../../../../../gateway/telemetry/metrics.ts';
import { freshDatabase } from '../../../../support/database.ts';
import { ownKafka } from '../../../../support/kafka.ts';
import { administrator } from '../../../../support/kafka-client.ts';
import {
  catalogOf,
  changeOf,
  codeOf,
  healthOf,
  publication,
  publicUrl,
  recordingEvidence,
  secrets,
  storeOf,
  stream,
  until,
} from '../../support.ts';
import { configOf, examine, listen, openFlow } from './support.ts';

t.setTimeout(300_000);
const credentials = { username: 'gateway', password: 'a secret for the test' };
/** One broker for all tests here: plain, and over TLS with SCRAM. Undefined: no Java or Maven; all is skipped. */
const kafka = await ownKafka(t, { sasl: credentials });

/** A sink by itself, with a ledger of its own that knows the topic, and what it warns of. */
async function sinkOf(
  t: Parameters<typeof freshDatabase>[0],
  topic: string,
  more: Parameters<typeof configOf>[1] = {},
) {
  const logged: Record<string, unknown>[] = [];
  const lines = new Writable({
    write(chunk, _, done) {
      logged.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const pool = await storeOf(t, await freshDatabase(t));
  await pool.query(
    `INSERT INTO kafka_topic (topic, agreement, registry, entity, consumer, fields)
     VALUES ($1, 'TT-1', 'business', 'enterprise', 'G12.thue', '{/name}')`,
    [topic],
  );
  const log = pino({ level: 'warn' }, lines);
  const sink = createKafkaTransport({
    config: configOf(kafka!.brokers, more),
    ledger: openTopicLedger(pool),
    metrics: createMetrics(),
    log,
  });
  t.teardown(() => sink.close());
  const origin = async () => (await pool.query('SELECT origin FROM kafka_topic')).rows[0]?.origin;
  return { sink, logged, origin, pool, log };
}

const held = { held: () => true, signal: new AbortController().signal };

/** An event about one of a few subjects, with so many bytes of data. */
const eventOf = (subject: number, sequence: number, size: number): ChangeEvent => ({
  id: `s${subject}.${sequence}`,
  source: `${publicUrl}/v1/changes/business`,
  type: 'vn.lienthong.business.enterprise.updated.v1',
  subject: `s${subject}`,
  time: '2026-03-01T08:00:00+07:00',
  dataschema: `${publicUrl}/schemas/change-event.schema.json`,
  sequence: String(sequence).padStart(16, '0'),
  entityversion: String(sequence),
  agreement: 'TT-1',
  data: JSON.stringify('x'.repeat(size)),
});

t.test('changes arrive as CloudEvents, keyed by pseudonym', async (t) => {
  if (!kafka) return;
  const { agreement, topic, changes, metrics } = await openFlow(t, configOf(kafka.brokers));
  const batch = [changeOf(1, 1), changeOf(2, 1), changeOf(1, 2), changeOf(1, 3, { operation: 'deleted' })];
  await changes.publish(stream, { changes: batch }, publication);
  await until(async () => /kafka_sends_total\{[^}]*outcome="ok"\} 4/.test(await metrics.register.metrics()));
  const received = await listen(t, topic, { brokers: [...kafka.brokers] });
  await until(() => received.length === 4);
  const one = secrets.pseudonym(agreement, 'enterprise', codeOf(1));
  const ofOne = received.filter(({ key }) => key === one);
  t.same(
    ofOne.map(({ headers, data }) => [
      headers.ce_type,
      headers.ce_entityversion,
      data.operation,
      data.changedFields,
    ]),
    [
      ['vn.lienthong.business.enterprise.created.v1', '1', 'created', []],
      ['vn.lienthong.business.enterprise.updated.v1', '2', 'updated', ['/name']],
      ['vn.lienthong.business.enterprise.deleted.v1', '3', 'deleted', []],
    ],
  );
  t.same(ofOne[0]?.headers, {
    ce_specversion: '1.0',
    ce_id: `${one}.1`,
    ce_source: `${publicUrl}/v1/changes/business`,
    ce_type: 'vn.lienthong.business.enterprise.created.v1',
    ce_subject: one,
    ce_time: '2026-03-01T08:00:00+07:00',
    ce_dataschema: `${publicUrl}/schemas/change-event.schema.json`,
    ce_sequence: '0000000000000001',
    ce_entityversion: '1',
    ce_agreement: agreement,
    'content-type': 'application/json',
  });
  t.ok(received.every(({ key, partition }) => partition === partitionOf(key, 3)));
  for (const { key, headers } of received) t.notMatch(JSON.stringify([key, headers]), /3100000/);
  t.same(received.map(({ headers }) => Number(headers.ce_sequence)).sort(), [1, 2, 3, 4]);
  t.match(healthOf(changes), { kafka: 'up', leads: true });
  t.match(await metrics.register.metrics(), /lienthong_kafka_sends_total\{topic="[^"]*",outcome="ok"\} 4/);
});

t.test('a replay sends the same events again, with the same ids and numbers', async (t) => {
  if (!kafka) return;
  const { agreement, topic, changes, sent } = await openFlow(t, configOf(kafka.brokers));
  const batch = Array.from({ length: 10 }, (_, index) => changeOf(index + 1, 1));
  await changes.publish(stream, { changes: batch }, publication);
  await until(async () => (await sent()) === 10);
  const [replay] = await changes.operations.ask({
    selection: { agreement, sink: 'kafka' },
    from: { sequence: 4 },
    decision: { by: 'test', reason: 'test' },
    request: Buffer.from('{}'),
    operator: 'operator',
  });
  t.match(replay, { sink: 'kafka', subscriber: `${agreement}/business/enterprise`, back: { sequence: 3 } });
  const received = await listen(t, topic, { brokers: [...kafka.brokers] });
  await until(() => received.length === 17);
  const byNumber = Map.groupBy(received, ({ headers }) => Number(headers.ce_sequence));
  t.same(
    [...byNumber].sort(([a], [b]) => a - b).map(([number, copies]) => [number, copies.length]),
    Array.from({ length: 10 }, (_, index) => [index + 1, index < 3 ? 1 : 2]),
  );
  for (const [copy, again = copy] of byNumber.values()) t.same(again, copy);
});

t.test('a topic is made once, as configured, and an existing one is left as it is', async (t) => {
  if (!kafka) return;
  const topic = `lienthong.test.${randomBytes(6).toString('hex')}`;
  const [first, second] = [
    await sinkOf(t, topic, { partitions: 3 }),
    await sinkOf(t, topic, { partitions: 9 }),
  ];
  await Promise.all([first.sink.open(topic), first.sink.open(topic)]);
  await second.sink.open(topic);
  const admin = await administrator(t, { brokers: [...kafka.brokers] });
  t.equal((await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length, 3);
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
  });
  const config = Object.fromEntries(
    resources[0]!.configEntries.map((entry) => [entry.configName, entry.configValue]),
  );
  t.match(config, { 'cleanup.policy': 'delete', 'retention.ms': '604800000', 'min.insync.replicas': '1' });
  t.match(config, { 'max.message.bytes': '1048588' });
  t.equal(await first.origin(), 'made');
  t.equal(await second.origin(), 'found');
  t.same(first.logged, []);
  t.match(second.logged, [
    { topic, msg: /was there before/ },
    { topic, different: ['partitions: 3, not 9'] },
  ]);
});

t.test('an answer of kafkajs is accepted only when it names partition and offset', async (t) => {
  const right = { topicName: 'x', partition: 2, errorCode: 0, baseOffset: '7' };
  checkWritten([right], 'x', 2);
  for (const wrong of [
    [],
    [right, right],
    [{ ...right, partition: 1 }],
    [{ ...right, topicName: 'y' }],
    [{ ...right, errorCode: 6 }],
    [{ ...right, baseOffset: '-1' }],
    [{ ...right, baseOffset: undefined }],
  ]) {
    t.throws(() => checkWritten(wrong, 'x', 2));
  }
});

t.test('batches of a partition keep their order, and are bounded in number and bytes', async (t) => {
  const event = (n: number, size: number) =>
    ({ subject: `s${n % 5}`, sequence: String(n), data: 'x'.repeat(size) }) as ChangeEvent;
  const many = byPartition(
    Array.from({ length: 3000 }, (_, n) => event(n, 10)),
    2,
    900_000,
  );
  for (const line of many) {
    t.ok(line.every((batch) => batch.events.length <= 500));
    const numbers = line.flatMap((batch) => batch.events.map(({ sequence }) => Number(sequence)));
    t.same(
      numbers,
      [...numbers].sort((a, b) => a - b),
    );
  }
  t.equal(
    many.flat().reduce((sum, batch) => sum + batch.events.length, 0),
    3000,
  );
  const big = byPartition([event(0, 500_000), event(0, 500_000), event(0, 800_000)], 2, 900_000);
  t.same(
    big.flat().map((batch) => batch.events.length),
    [1, 1, 1],
  );
});

t.test(
  'an event that the broker never accepts is refused alone, and the others arrive in order',
  async (t) => {
    if (!kafka) return;
    const topic = `lienthong.test.${randomBytes(6).toString('hex')}`;
    const { sink } = await sinkOf(t, topic, { partitions: 2 });
    await sink.open(topic);
    const admin = await administrator(t, { brokers: [...kafka.brokers] });
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: [{ name: 'max.message.bytes', value: '5000' }],
        },
      ],
    });
    const events = Array.from({ length: 60 }, (_, n) => eventOf(n % 3, n + 1, n % 20 === 7 ? 6000 : 100));
    const refused = await sink.send(topic, events, held);
    t.same(refused.map(({ event, reason }) => [Number(event.sequence), reason]).sort(), [
      [28, 'too_large'],
      [48, 'too_large'],
      [8, 'too_large'],
    ]);
    const received = await listen(t, topic, { brokers: [...kafka.brokers] });
    // At least once: a batch whose answer is late is sent again, and recognised by its numbers.
    const firsts = () => {
      const seen = new Set<string>();
      return received.filter(({ headers: { ce_sequence: sequence } }) => {
        const isFirst = !seen.has(String(sequence));
        seen.add(String(sequence));
        return isFirst;
      });
    };
    await until(() => firsts().length === 57);
    for (const subject of ['s0', 's1', 's2']) {
      const numbers = firsts()
        .filter(({ key }) => key === subject)
        .map(({ headers }) => Number(headers.ce_sequence));
      t.same(
        numbers,
        events
          .filter((event) => event.subject === subject && event.data.length < 5000)
          .map(({ sequence }) => Number(sequence)),
      );
    }
  },
);

t.test('the largest change that the intake takes fits into a topic, with its headers', async (t) => {
  if (!kafka) return;
  const topic = `lienthong.test.${randomBytes(6).toString('hex')}`;
  const { sink } = await sinkOf(t, topic);
  await sink.open(topic);
  const envelope = JSON.stringify({ version: 1, operation: 'updated', changedFields: [], state: {} });
  t.same(await sink.send(topic, [eventOf(1, 1, LARGEST_CHANGE + envelope.length)], held), []);
});

t.test('a topic that is not there any more is made again, unless the lease is gone', async (t) => {
  if (!kafka) return;
  const topic = `lienthong.test.${randomBytes(6).toString('hex')}`;
  const { sink, origin } = await sinkOf(t, topic);
  await sink.open(topic);
  t.same(await sink.send(topic, [eventOf(1, 1, 10)], held), []);
  const admin = await administrator(t, { brokers: [...kafka.brokers] });
  await admin.deleteTopics({ topics: [topic] });
  let asked = 0;
  // Gone when the first attempt has failed.
  const fence = { held: () => ++asked <= 2, signal: new AbortController().signal };
  await t.rejects(sink.send(topic, [eventOf(1, 2, 10)], fence), Fenced);
  t.notOk((await admin.listTopics()).includes(topic));
  t.same(await sink.send(topic, [eventOf(1, 2, 10)], held), []);
  t.ok((await admin.listTopics()).includes(topic));
  t.equal(await origin(), 'made');
});

t.test('a cluster without an authorizer is reported once, and no rule is recorded', async (t) => {
  if (!kafka) return;
  const { sink, pool, logged, log } = await sinkOf(t, 'lienthong.test');
  const access = openAccessKeeper({ pool, admin: sink.admin, log });
  const rule = { principal: 'User:thue', resource: 'group', name: 'G12.thue', pattern: 'literal' } as const;
  for (let i = 0; i < 3; i++) await access.reconcile([{ ...rule, operation: 'read' }]);
  t.match(
    logged.filter(({ msg }) => /authorizer/.test(String(msg))),
    [{ msg: /has no authorizer/ }],
  );
  t.equal(logged.filter(({ msg }) => /authorizer/.test(String(msg))).length, 1);
  t.equal((await pool.query('SELECT FROM kafka_acl')).rowCount, 0);
});

t.test('the end of a topic goes on where a crash left it, and is recorded once', async (t) => {
  if (!kafka) return;
  const topic = `lienthong.test.${randomBytes(6).toString('hex')}`;
  const { sink, pool, log } = await sinkOf(t, topic);
  const ledger = openTopicLedger(pool);
  const evidence = recordingEvidence();
  const end = async () => {
    const [row] = await ledger.existing();
    await endTopic({ pool, sink, ledger, evidence, catalog: () => catalogOf(), log }, row!);
  };
  await sink.open(topic);
  await ledger.end([topic], 'narrowed');
  await t.rejects(ledger.making(topic), /is to go/);
  const broken = { ...ledger, deleted: () => Promise.reject(new Error('PostgreSQL is away')) };
  const [row] = await ledger.existing();
  await t.rejects(
    endTopic({ pool, sink, ledger: broken, evidence, catalog: () => catalogOf(), log }, row!),
    /away/,
  );
  t.match(evidence.entries, [{ service: topic, code: 'topic_deleted', reason: 'narrowed' }]);
  const admin = await administrator(t, { brokers: [...kafka.brokers] });
  t.notOk((await admin.listTopics()).includes(topic));
  const [entry] = evidence.entries;
  await pool.query(
    `INSERT INTO evidence (id, request_id, kind, agency, system, legal_basis, service, key_version, subjects, status)
     VALUES (gen_random_uuid(), $1, 'revocation', '', '', '{}', $2, '', '{}', 200)`,
    [entry!.requestId, topic],
  );
  await end();
  t.equal(evidence.entries.length, 1, 'not a second time');
  t.same(await ledger.existing(), []);
});

t.test('nothing is sent without the lease', async (t) => {
  if (!kafka) return;
  const topic = `lienthong.test.${randomBytes(6).toString('hex')}`;
  const { sink } = await sinkOf(t, topic);
  await sink.open(topic);
  const event = { subject: 's', data: '{}' } as ChangeEvent;
  const fence = { held: () => false, signal: new AbortController().signal };
  await t.rejects(sink.send(topic, [event], fence), Fenced);
});

t.test('Kafka stopped and started again: changes wait, and arrive in order, none lost', async (t) => {
  if (!kafka) return;
  const { changes, topic, metrics, sent } = await openFlow(t, configOf(kafka.brokers));
  const publishVersion = (version: number) =>
    changes.publish(
      stream,
      { changes: Array.from({ length: 40 }, (_, n) => changeOf(n, version)) },
      publication,
    );
  await publishVersion(1);
  await until(async () => (await sent()) === 40);
  await kafka.killBroker(0);
  for (let version = 2; version <= 15; version++) await publishVersion(version);
  await until(() => healthOf(changes).kafka === 'down');
  t.match(healthOf(changes).reason, /^(unreachable|no_answer)$/);
  await until(() => healthOf(changes).backlogs[0]?.depth === 14 * 40);
  t.ok(healthOf(changes).backlogs[0]!.oldestSeconds > 0);
  await until(async () =>
    /outbox_depth\{sink="kafka",registry="business"\} 560/.test(await metrics.register.metrics()),
  );
  await kafka.startBroker(0);
  await until(async () => (await sent()) === 15 * 40);
  await until(() => healthOf(changes).backlogs[0]?.depth === 0);
  t.equal(healthOf(changes).kafka, 'up');
  const received = await listen(t, topic, { brokers: [...kafka.brokers] });
  await until(() => examine(received).distinct === 600);
  t.same(examine(received), { distinct: 600, highest: 600, outOfOrder: 0 });
});

t.test('over TLS, with SCRAM', async (t) => {
  if (!kafka?.secure) return;
  const tls = { authorities: await readFile(kafka.secure.caFile, 'utf8'), client: undefined };
  const sasl = { mechanism: 'scram-sha-512', ...credentials } as const;
  const { changes, topic, sent } = await openFlow(t, configOf(kafka.secure.brokers, { tls, sasl }));
  await changes.publish(stream, { changes: [changeOf(1, 1)] }, publication);
  await until(async () => (await sent()) === 1);
  const received = await listen(t, topic, { brokers: [...kafka.brokers] });
  await until(() => received.length === 1);
});
