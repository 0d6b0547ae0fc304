/** Topics that somebody else deletes, makes again, or changes while the gateway runs: on a real broker. */
import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { partitionOf } from '../../../../../../gateway/changes/sinks/kafka/topics/partition.ts';
import { openTopicLedger } from '../../../../../../gateway/changes/sinks/kafka/topics/topic-ledger.ts';
import { lossOf, NOTHING } from '../../../../../../gateway/changes/sinks/kafka/topics/topic-loss.ts';
import { endsOf, ensureTopic } from '../../../../../../gateway/changes/sinks/kafka/topics/topics.ts';
import type { freshDatabase } from '../../../../../support/database.ts';
import { ownKafka } from '../../../../../support/kafka.ts';
import { administrator } from '../../../../../support/kafka-client.ts';
import { changeOf, healthOf, log, publication, stream, troubledTopics, until } from '../../../support.ts';
import { configOf, listen, openFlow, type Received } from '../support.ts';

type Tap = Parameters<typeof freshDatabase>[0];

t.setTimeout(300_000);
const { createErrorFromCode } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error;
};
const SUBJECTS = 20;
const kafka = await ownKafka(t);

/** A flow to Kafka, and what it warns of. */
async function flowOf(t: Tap, brokers: readonly string[], more: Parameters<typeof configOf>[1] = {}) {
  const logged: { level: number; msg: string; topic?: string; sentUpTo?: number }[] = [];
  const lines = new Writable({
    write(chunk, _, done) {
      logged.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const flow = await openFlow(t, configOf(brokers, more), pino({ level: 'warn' }, lines));
  const admin = await administrator(t, { brokers: [...brokers] });
  let version = 0;
  return {
    ...flow,
    logged,
    admin,
    /** One version more of every subject. */
    async publish() {
      version += 1;
      const changes = Array.from({ length: SUBJECTS }, (_, n) => changeOf(n, version));
      await flow.changes.publish(stream, { changes }, publication);
    },
    published: () => version * SUBJECTS,
    allSent: () => until(async () => (await flow.sent()) === version * SUBJECTS),
    partitions: async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [flow.topic] });
      return topics[0]!.partitions.length;
    },
    isThere: async () => (await admin.listTopics()).includes(flow.topic),
    row: async () => (await flow.pool.query('SELECT origin, partitions, trouble FROM kafka_topic')).rows[0],
    lost: async (reason: string) => {
      const { values } = await flow.metrics.kafkaTopicsLost.get();
      // The gateway begins its counters with the catalogue (operators/metrics/counter-series.ts).
      return values.find(({ labels }) => labels.reason === reason)?.value ?? 0;
    },
  };
}

const numberOf = ({ headers }: Received) => Number(headers.ce_sequence);
const numbers = (received: readonly Received[]) => [...new Set(received.map(numberOf))].sort((a, b) => a - b);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** First deliveries of each subject come in order, and each in the partition of its key. */
function inOrder(t: Pick<Test, 'same' | 'ok'>, received: readonly Received[], partitions: number): void {
  const seen = new Set<number>();
  const first = received.filter((one) => !seen.has(numberOf(one)) && seen.add(numberOf(one)));
  for (const [key, own] of Map.groupBy(first, (one) => one.key)) {
    const versions = own.map(({ headers }) => Number(headers.ce_entityversion));
    t.same(
      versions,
      versions.toSorted((a, b) => a - b),
      `${key} in order`,
    );
  }
  t.ok(received.every(({ key, partition }) => partition === partitionOf(key, partitions)));
}

t.test(
  'deleted while the gateway runs: made again, and what follows arrives without a restart',
  async (t) => {
    if (!kafka) return;
    const flow = await flowOf(t, kafka.brokers);
    await flow.publish();
    await flow.allSent();
    t.equal(await flow.lost('deleted'), 0);
    await flow.admin.deleteTopics({ topics: [flow.topic] });
    await flow.publish();
    await flow.publish();
    await flow.allSent();
    const received = await listen(t, flow.topic, { brokers: [...kafka.brokers] });
    await until(() => numbers(received).length === 2 * SUBJECTS);
    t.same(numbers(received), range(SUBJECTS + 1, 3 * SUBJECTS), 'the gap is what went with the topic');
    inOrder(t, received, 3);
    t.equal(await flow.lost('deleted'), 1);
    t.match(await flow.row(), { origin: 'made', partitions: 3, trouble: null });
    const [lost] = flow.logged.filter(({ msg }) => /deleted by somebody else/.test(msg));
    t.match(lost, { topic: flow.topic, sentUpTo: SUBJECTS, msg: /changes replay/ });
    const { resources } = await flow.admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: flow.topic, configNames: ['retention.ms'] }],
    });
    t.equal(resources[0]?.configEntries[0]?.configValue, '604800000', 'as the gateway makes it');

    const [replay] = await flow.changes.operations.ask({
      selection: { agreement: flow.agreement, sink: 'kafka' },
      from: { everything: true },
      decision: { by: 'test', reason: 'the topic was deleted' },
      request: Buffer.from('{}'),
      operator: 'operator',
    });
    t.ok(replay);
    await until(() => numbers(received).length === 3 * SUBJECTS);
  },
);

t.test('deleted while there is nothing to send: made again all the same', async (t) => {
  if (!kafka) return;
  const flow = await flowOf(t, kafka.brokers);
  await flow.publish();
  await flow.allSent();
  await flow.admin.deleteTopics({ topics: [flow.topic] });
  await until(flow.isThere);
  await until(async () => (await flow.lost('deleted')) === 1);
  await flow.publish();
  await flow.allSent();
  const received = await listen(t, flow.topic, { brokers: [...kafka.brokers] });
  await until(() => numbers(received).length === SUBJECTS);
});

for (const [partitions, what] of [
  [1, 'fewer partitions'],
  [3, 'as many partitions'],
  [8, 'more partitions'],
] as const) {
  t.test(`made again by somebody else, with ${what}: written as it is, and not the gateway's`, async (t) => {
    if (!kafka) return;
    const flow = await flowOf(t, kafka.brokers);
    for (let i = 0; i < 3; i++) await flow.publish();
    await flow.allSent();
    // The gateway may be quicker, and has made its own then.
    await until(async () => {
      await flow.admin.deleteTopics({ topics: [flow.topic] });
      return flow.admin.createTopics({
        topics: [{ topic: flow.topic, numPartitions: partitions }],
        waitForLeaders: true,
      });
    });
    await flow.publish();
    await flow.publish();
    await flow.allSent();
    await until(async () => (await flow.row()).partitions === partitions);
    t.match(await flow.row(), { origin: 'found', partitions, trouble: null });
    t.equal(await flow.lost('replaced'), 1);
    await flow.publish();
    await flow.allSent();
    const received = await listen(t, flow.topic, { brokers: [...kafka.brokers] });
    await until(
      () => numbers(received).at(-1) === flow.published() && numbers(received).length >= 3 * SUBJECTS,
    );
    t.same(numbers(received), range(3 * SUBJECTS + 1, 6 * SUBJECTS));
    inOrder(
      t,
      received.filter((one) => numberOf(one) > 5 * SUBJECTS),
      partitions,
    );
  });
}

t.test('partitions that an operator adds are used, and the topic stays the gateway’s', async (t) => {
  if (!kafka) return;
  const flow = await flowOf(t, kafka.brokers);
  await flow.publish();
  await flow.allSent();
  await flow.admin.createPartitions({ topicPartitions: [{ topic: flow.topic, count: 6 }] });
  await until(async () => (await flow.row()).partitions === 6);
  await flow.publish();
  await flow.allSent();
  const received = await listen(t, flow.topic, { brokers: [...kafka.brokers] });
  await until(() => numbers(received).length === 2 * SUBJECTS);
  inOrder(
    t,
    received.filter((one) => numberOf(one) > SUBJECTS),
    6,
  );
  t.match(await flow.row(), { origin: 'made' });
  t.equal(await flow.lost('replaced'), 0);
});

t.test(
  'deleted again and again while changes are sent: what one topic did not take the next one does',
  async (t) => {
    if (!kafka) return;
    const flow = await flowOf(t, kafka.brokers);
    await flow.publish();
    await flow.allSent();
    for (let round = 0; round < 4; round++) {
      const publishing = (async () => {
        for (let i = 0; i < 15; i++) {
          await flow.publish();
          await wait(Math.random() * 20);
        }
      })();
      await wait(Math.random() * 100);
      await flow.admin.deleteTopics({ topics: [flow.topic] }).catch(() => {});
      await publishing;
      await flow.allSent();
    }
    await flow.publish();
    await flow.allSent();
    const received = await listen(t, flow.topic, { brokers: [...kafka.brokers] });
    await until(() => numbers(received).at(-1) === flow.published());
    await until(() => numbers(received).length === flow.published() - numbers(received)[0]! + 1);
    t.same(numbers(received), range(numbers(received)[0]!, flow.published()), 'no gap but the one before');
    inOrder(t, received, 3);
    t.ok((await flow.lost('deleted')) >= 4);
  },
);

t.test('a broker that makes topics by itself: the readers’ topic is taken as it is', async (t) => {
  const own = await ownKafka(t, {
    settings: { 'auto.create.topics.enable': 'true', 'num.partitions': '2' },
  });
  if (!own) return;
  const flow = await flowOf(t, own.brokers, { partitions: 5 });
  await flow.publish();
  await flow.allSent();
  t.match(await flow.row(), { origin: 'made', partitions: 5 }, 'the gateway’s questions make none');
  await flow.admin.deleteTopics({ topics: [flow.topic] });
  // A reader whose client asks for the topic makes it; whoever is first, changes go on.
  // Its first answer is that there is none, while the broker makes it.
  const asking = () => listen(t, flow.topic, { brokers: [...own.brokers] }).catch(() => undefined);
  let received = await asking();
  while (!received) received = await asking();
  for (let i = 0; i < 3; i++) await flow.publish();
  await flow.allSent();
  await until(() => numbers(received).at(-1) === flow.published());
  const there = await flow.partitions();
  await until(async () => (await flow.row()).partitions === there);
  t.equal((await flow.row()).origin, there === 5 ? 'made' : 'found');
  t.same(numbers(received).filter((number) => number > 3 * SUBJECTS).length, SUBJECTS);
});

t.test(
  'one that cannot be made: named, looked for without haste, and taken when somebody makes it',
  async (t) => {
    if (!kafka) return;
    const flow = await flowOf(t, kafka.brokers, { replicationFactor: 3 });
    await flow.publish();
    await until(async () => (await troubledTopics(flow.changes)).length > 0);
    t.same(await troubledTopics(flow.changes), [flow.topic]);
    t.match(await flow.row(), { trouble: 'INVALID_REPLICATION_FACTOR' });
    t.match(healthOf(flow.changes), { kafka: 'up' });
    await until(async () => /kafka_topics\{state="troubled"\} 1/.test(await flow.metrics.register.metrics()));
    const before = performance.now();
    const tries = flow.logged.length;
    await wait(3000);
    const [seconds, more] = [(performance.now() - before) / 1000, flow.logged.length - tries];
    t.ok(more <= 10 * seconds + 5, `no haste: ${more} lines in ${seconds} s`);
    await flow.admin.createTopics({
      topics: [{ topic: flow.topic, numPartitions: 2 }],
      waitForLeaders: true,
    });
    await flow.allSent();
    await until(async () => (await troubledTopics(flow.changes)).length === 0);
    t.match(await flow.row(), { origin: 'found', partitions: 2, trouble: null });
    const received = await listen(t, flow.topic, { brokers: [...kafka.brokers] });
    await until(() => numbers(received).length === SUBJECTS);
    inOrder(t, received, 2);
  },
);

t.test(
  'a broker that does not know the topic for a moment: nothing was lost, and it stays the gateway’s',
  async (t) => {
    if (!kafka) return;
    const flow = await flowOf(t, kafka.brokers);
    await flow.publish();
    await flow.allSent();
    let unknown = 1;
    const admin: typeof flow.admin = {
      ...flow.admin,
      fetchTopicMetadata: async (asked) => {
        if (unknown-- > 0) throw createErrorFromCode(3);
        return flow.admin.fetchTopicMetadata(asked);
      },
    };
    const ensured = await ensureTopic({
      ...{
        admin,
        topic: flow.topic,
        config: configOf(kafka.brokers),
        ledger: openTopicLedger(flow.pool),
        log,
      },
      ...{ acknowledged: NOTHING, isDoubted: false, endsOf: (topic) => endsOf(flow.admin, topic) },
    });
    t.ok(unknown < 0, 'it was said to be unknown');
    t.match(ensured, { shape: { partitions: 3 }, loss: undefined });
    t.match(await flow.row(), { origin: 'made', partitions: 3 });
  },
);

t.test('the losses of a topic', async (t) => {
  const ends = (...offsets: number[]) => new Map(offsets.map((end, partition) => [partition, end]));
  const loss = (written: number[], now: number[], more: { restarted?: number[]; before?: number } = {}) =>
    lossOf(
      { ends: ends(...written), restarted: new Set(more.restarted) },
      { ends: ends(...now), partitionsBefore: more.before ?? now.length, wasSent: true },
    );
  t.equal(loss([5, 7], [5, 7]), undefined);
  t.equal(loss([5, 7], [9, 7]), undefined, 'more was written to it');
  t.equal(loss([5, 7], [5, 7], { before: 1 }), undefined, 'partitions were added');
  t.equal(loss([5, 7], [5], { before: 2 }), 'replaced', 'partitions are never taken away');
  t.equal(loss([5, 7], [0, 0]), 'replaced');
  t.equal(loss([5, 7], [2, 1]), 'replaced');
  t.equal(loss([5, 7], [9, 9], { restarted: [0, 1] }), 'replaced');
  t.equal(loss([5, 7], [5, 3]), 'truncated', 'an unclean election');
  t.equal(loss([5, 7], [9, 9], { restarted: [1] }), 'truncated');
  t.equal(loss([], [3, 0]), undefined, 'nothing is known of it');
  t.equal(loss([], [0, 0]), 'replaced', 'something was sent to it, and it is empty');
  const fresh = { ends: ends(0, 0), partitionsBefore: 2, wasSent: false };
  t.equal(lossOf({ ends: ends(), restarted: new Set() }, fresh), undefined);
});
