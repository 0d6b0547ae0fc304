/**
 * (e): changes from a provider's push to Kafka's acknowledgement, through the whole gateway, beside a minimal outbox and a
 * bare kafkajs producer of the same messages on the same brokers. They take turns, as look-ups do; and how long a change
 * takes to a consumer when there is a tenth as much to do.
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { missingForKafka } from '../../deploy/sandbox/kafka/java.ts';
import { startKafka } from '../../deploy/sandbox/kafka/kafka-server.ts';
import { TOPIC } from './catalogue.ts';
import { type Figures, reportChanges, type Turn } from './change-report.ts';
import { BATCH_SIZE } from './changes/batch.ts';
import type { OutboxJob, Produced, ReadJob, SendJob } from './changes/job.ts';
import { measureLatency } from './changes/latency.ts';
import { watchMemory } from './changes/memory.ts';
import { CONCURRENCY, openThroughGateway } from './changes/through-gateway.ts';
import { usageOf } from './machine.ts';
import type { Options } from './options.ts';
import { startWorker } from './processes.ts';
import type { Report } from './report.ts';
import type { World } from './world.ts';

const PRODUCER = join(import.meta.dirname, 'changes', 'producer.ts');
const OUTBOX = join(import.meta.dirname, 'changes', 'outbox.ts');

const OUTBOX_TOPIC = 'bench-outbox';
const BARE_TOPIC = 'bench-bare';

/** @param stack ends what is started here */
export async function measureChanges(
  world: World,
  options: Options,
  stack: AsyncDisposableStack,
): Promise<Report> {
  const missing = missingForKafka();
  if (missing !== undefined) {
    if (process.env.CI === 'true') throw new Error(missing);
    return { tables: [], notes: [`changes: not measured. ${missing}`], marks: [] };
  }
  const { turns, seconds } = options.changes;
  const { brokers, stop } = await startKafka({ brokers: 3, dataDir: join(world.directory, 'kafka') });
  stack.defer(stop);
  const through = await openThroughGateway(world, { brokers, profile: options.profile }, stack);
  const outbox = await startWorker<ReadJob | OutboxJob, Produced>(OUTBOX, 'measured');
  stack.defer(() => outbox.stop());
  const bare = await startWorker<ReadJob | SendJob, Produced>(PRODUCER, 'measured');
  stack.defer(() => bare.stop());
  const admin = await connectAdmin(brokers);
  stack.defer(() => admin.disconnect());

  const warmUp = { size: BATCH_SIZE, seconds: seconds / 3 };
  await through.push(warmUp);
  const kept: ReadJob = { kind: 'read', brokers, topic: TOPIC, count: Math.min(through.pushed, KEPT) };
  const { messageBytes } = await bare.run(kept);
  await outbox.run(kept);
  for (const topic of [OUTBOX_TOPIC, BARE_TOPIC]) await likeTopic(admin, topic, TOPIC);
  const databaseUrl = await world.freshDatabase('outbox');
  const relay: OutboxJob = {
    kind: 'send',
    topic: OUTBOX_TOPIC,
    seconds,
    batchSize: BATCH_SIZE,
    databaseUrl,
    concurrency: CONCURRENCY,
  };
  const send: SendJob = { kind: 'send', topic: BARE_TOPIC, seconds: seconds / 3, batchSize: BATCH_SIZE };
  let [relayed, sent] = [0, 0];
  const passOn = async (job: OutboxJob) => {
    const { messages, seconds } = await outbox.run(job);
    relayed += messages;
    return { changes: messages, seconds };
  };
  const produce = async (job: SendJob) => {
    const { messages, seconds } = await bare.run(job);
    sent += messages;
    return { changes: messages, seconds };
  };
  await passOn({ ...relay, seconds: seconds / 3 });
  await produce({ ...send, seconds: seconds / 3 });

  const measured: Turn[] = [];
  for (let turn = 0; turn < turns; turn++) {
    measured.push({
      gateway: await figures(through.gateway.pid, () => through.push({ ...warmUp, seconds })),
      outbox: await figures(outbox.pid, () => passOn(relay)),
      bare: await figures(bare.pid, () => produce(send)),
    });
  }
  const perSecond = Math.round(measured.at(-1)!.gateway.perSecond / 10);
  const latency = await measureLatency(through, brokers, { perSecond, seconds: Math.min(seconds, 20) });
  await requireMessages(admin, TOPIC, through.pushed);
  await requireMessages(admin, OUTBOX_TOPIC, relayed);
  await requireMessages(admin, BARE_TOPIC, sent);
  return reportChanges({
    turns: measured,
    seconds,
    brokers: brokers.length,
    latency,
    pushed: through.pushed,
    messageBytes,
  });
}

/** Messages that the others send, over and over: each enterprise's once. */
const KEPT = 20_000;

async function connectAdmin(brokers: readonly string[]): Promise<Admin> {
  const kafka = new kafkajs.Kafka({
    clientId: 'bench',
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  return admin;
}

/** Makes `topic` with as many partitions and copies as `model` has, and as many of them in step before an acknowledgement. */
async function likeTopic(admin: Admin, topic: string, model: string): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [model] });
  const { partitions } = topics[0]!;
  const replicationFactor = partitions[0]!.replicas.length;
  await admin.createTopics({
    topics: [
      {
        topic,
        numPartitions: partitions.length,
        replicationFactor,
        configEntries: [{ name: 'min.insync.replicas', value: String(Math.min(2, replicationFactor)) }],
      },
    ],
    // By polling instead: kafkajs asks once, perhaps a broker that has not heard of the topic yet.
    waitForLeaders: false,
  });
  const ready = async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]!.partitions.every(({ leader, isr }) => leader >= 0 && isr.length === replicationFactor);
  };
  for (let tries = 1; !(await ready().catch(() => false)); tries++) {
    if (tries === 100) throw new Error(`topic ${topic} is not ready`);
    await wait(100);
  }
}

/** @param work does its part and says how many changes it took on, and how many seconds they needed */
async function figures(
  pid: number,
  work: () => Promise<{ readonly changes: number; readonly seconds: number; readonly catchUp?: number }>,
): Promise<Figures> {
  const before = usageOf(pid);
  const memory = watchMemory(pid);
  const { changes, seconds, catchUp } = await work().catch((error: Error) => {
    memory();
    throw error;
  });
  const after = usageOf(pid);
  const cpu = before && after && after.cpuMicros - before.cpuMicros;
  return {
    perSecond: changes / seconds,
    cpuMicros: cpu === undefined ? undefined : cpu / changes,
    busy: cpu === undefined ? undefined : cpu / 1e6 / seconds,
    residentBytes: after?.residentBytes,
    peakBytes: after?.peakBytes,
    memory: memory(),
    catchUp,
  };
}

/** @throws Error unless the topic holds exactly so many messages */
async function requireMessages(admin: Admin, topic: string, count: number): Promise<void> {
  const offsets = await admin.fetchTopicOffsets(topic);
  const found = offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
  if (found !== count) throw new Error(`${topic} holds ${found} messages instead of ${count}`);
}
