/**
 * (e): changes from a provider's push to Kafka's acknowledgement, through the whole gateway, beside a bare kafkajs
 * producer of the same messages on the same broker. They take turns, as look-ups do.
 */
import { join } from 'node:path';
import kafkajs, { type Admin } from 'kafkajs';
import { missingForKafka } from '../../deploy/sandbox/java.ts';
import { startKafka } from '../../deploy/sandbox/kafka-server.ts';
import { TOPIC } from './catalogue.ts';
import { BATCH_SIZE } from './changes/batch.ts';
import type { Produced, ProducerJob } from './changes/job.ts';
import { openThroughGateway } from './changes/through-gateway.ts';
import { usageOf } from './machine.ts';
import type { Options } from './options.ts';
import { startWorker } from './processes.ts';
import type { Report } from './report.ts';
import { median, medianOf } from './statistics.ts';
import { figure, megabytes, percent } from './table.ts';
import type { World } from './world.ts';

const PRODUCER = join(import.meta.dirname, 'changes', 'producer.ts');

const BARE_TOPIC = 'bench';
const WARM_UP_BATCHES = 40;

interface Round {
  readonly perSecond: number;
  readonly cpuMicros: number | undefined;
  readonly busy: number | undefined;
  readonly residentBytes: number | undefined;
  readonly peakBytes: number | undefined;
}

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
  const { brokers, stop } = await startKafka({ brokers: 1, dataDir: join(world.directory, 'kafka') });
  stack.defer(stop);
  const through = await openThroughGateway(world, { brokers, profile: options.profile }, stack);
  const producer = await startWorker<ProducerJob, Produced>(PRODUCER, 'measured');
  stack.defer(() => producer.stop());
  const admin = await connectAdmin(brokers);
  stack.defer(() => admin.disconnect());

  await through.push(WARM_UP_BATCHES);
  const pace = (WARM_UP_BATCHES * BATCH_SIZE) / (await through.push(WARM_UP_BATCHES));
  const batches = Math.ceil((pace * options.seconds) / BATCH_SIZE);
  const count = batches * BATCH_SIZE;

  const same = await producer.run({ kind: 'read', brokers, topic: TOPIC, count: through.pushed });
  await likeTopic(admin, BARE_TOPIC, TOPIC);
  const produce = async () =>
    (await producer.run({ kind: 'send', topic: BARE_TOPIC, count, batchSize: BATCH_SIZE })).seconds;
  await produce();

  const [ours, bare]: [Round[], Round[]] = [[], []];
  for (let turn = 0; turn < options.rounds; turn++) {
    ours.push(await measured(through.gateway.pid, count, () => through.push(batches)));
    bare.push(await measured(producer.pid, count, produce));
  }
  await requireMessages(admin, TOPIC, through.pushed);
  await requireMessages(admin, BARE_TOPIC, count * (1 + options.rounds));
  return report(ours, bare, through.pushed, same);
}

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

/** Makes `topic` with as many partitions as `model` has. */
async function likeTopic(admin: Admin, topic: string, model: string): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [model] });
  const numPartitions = topics[0]!.partitions.length;
  await admin.createTopics({
    topics: [{ topic, numPartitions, replicationFactor: 1 }],
    waitForLeaders: true,
  });
}

/** @param work does its part and says how many seconds it took */
async function measured(pid: number, changes: number, work: () => Promise<number>): Promise<Round> {
  const before = usageOf(pid);
  const seconds = await work();
  const after = usageOf(pid);
  const cpu = before && after && after.cpuMicros - before.cpuMicros;
  return {
    perSecond: changes / seconds,
    cpuMicros: cpu === undefined ? undefined : cpu / changes,
    busy: cpu === undefined ? undefined : cpu / 1e6 / seconds,
    residentBytes: after?.residentBytes,
    peakBytes: after?.peakBytes,
  };
}

/** @throws Error unless the topic holds exactly so many messages */
async function requireMessages(admin: Admin, topic: string, count: number): Promise<void> {
  const offsets = await admin.fetchTopicOffsets(topic);
  const found = offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
  if (found !== count) throw new Error(`${topic} holds ${found} messages instead of ${count}`);
}

function report(ours: readonly Round[], bare: readonly Round[], total: number, same: Produced): Report {
  const row = (name: string, rounds: readonly Round[]) => [
    name,
    figure(medianOf(rounds, (round) => round.perSecond)),
    figure(medianOf(rounds, (round) => round.cpuMicros)),
    percent(medianOf(rounds, (round) => round.busy)),
    megabytes(rounds.at(-1)?.residentBytes),
    megabytes(rounds.at(-1)?.peakBytes),
  ];
  const ratio = median(ours.map((round, turn) => round.perSecond / bare[turn]!.perSecond));
  return {
    tables: [
      {
        title: `Changes, batches of ${BATCH_SIZE}`,
        head: ['', 'changes/s', 'CPU µs/change', 'busy', 'memory MB', 'peak MB'],
        rows: [row('e  push to Kafka acknowledgement', ours), row('   bare kafkajs producer', bare)],
      },
    ],
    notes: [
      `e/bare producer ${figure(ratio, 2)}`,
      `${figure(total)} changes pushed, as many messages on the topic, of ${figure(same.bytes / same.messages)} bytes on average`,
    ],
    marks: [],
  };
}
