/**
 * (e): changes from a provider's push to Kafka's acknowledgement, through the whole gateway, beside a bare kafkajs
 * producer of the same messages on the same broker. They take turns, as look-ups do.
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import pg from 'pg';
import { missingForKafka } from '../../deploy/sandbox/java.ts';
import { startKafka } from '../../deploy/sandbox/kafka-server.ts';
import { createClient } from '../../gateway/identity/client.ts';
import { PROVIDER, TOPIC } from './catalogue.ts';
import { BATCH_SIZE } from './changes/batch.ts';
import type { Produced, ProducerJob, Pushed, PushJob } from './changes/job.ts';
import { startGateway } from './contestants/gateway.ts';
import { usageOf } from './machine.ts';
import type { Options } from './options.ts';
import { startWorker } from './processes.ts';
import type { Report } from './report.ts';
import { median, medianOf } from './statistics.ts';
import { figure, megabytes, percent } from './table.ts';
import { UPSTREAM_CONNECTIONS, type World } from './world.ts';

const PUSHER = join(import.meta.dirname, 'changes', 'pusher.ts');
const PRODUCER = join(import.meta.dirname, 'changes', 'producer.ts');

/** Of the bare producer. */
const BARE_TOPIC = 'bench';

const WARM_UP_BATCHES = 60;
/** Calls of the provider in flight. */
const CONCURRENCY = 4;
/** Milliseconds that the relay may take for the rest, after the last push was answered. */
const CATCH_UP = 60_000;

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
  const { directory, catalogue, upstream } = world;
  const kafka = await startKafka({ brokers: 1, dataDir: join(directory, 'kafka') });
  stack.defer(() => kafka.stop());
  const databaseUrl = await world.freshDatabase('changes');
  const gateway = await startGateway({
    catalogue,
    databaseUrl,
    directory,
    upstreamPort: upstream.port,
    upstreamConnections: UPSTREAM_CONNECTIONS,
    profile: options.profile,
    kafkaBrokers: kafka.brokers,
  });
  stack.defer(() => gateway.stop());
  const pusher = await startWorker<PushJob, Pushed>(PUSHER, 'others');
  stack.defer(() => pusher.stop());
  const producer = await startWorker<ProducerJob, Produced>(PRODUCER, 'measured');
  stack.defer(() => producer.stop());
  const admin = await connectAdmin(kafka.brokers);
  stack.defer(() => admin.disconnect());
  const client = createClient({
    issuer: gateway.url,
    clientId: PROVIDER,
    privateJwk: catalogue.privateKeys[PROVIDER],
  });
  const database = new pg.Client(databaseUrl);
  await database.connect();
  stack.defer(() => database.end());

  let pushed = 0;
  /** From the first push until Kafka has acknowledged all, in seconds. */
  const push = async (batches: number): Promise<number> => {
    const { startedAt, endedAt } = await pusher.run({
      port: gateway.port,
      token: await client.token(),
      first: pushed,
      batches,
      concurrency: CONCURRENCY,
    });
    pushed += batches;
    return ((await relayed(database, endedAt, pushed * BATCH_SIZE)) - startedAt) / 1000;
  };

  await push(WARM_UP_BATCHES);
  const perSecond = (WARM_UP_BATCHES * BATCH_SIZE) / (await push(WARM_UP_BATCHES));
  const batches = Math.ceil((perSecond * options.seconds) / BATCH_SIZE);
  await requireMessages(admin, TOPIC, pushed * BATCH_SIZE);
  const same = await producer.run({
    kind: 'read',
    brokers: kafka.brokers,
    topic: TOPIC,
    count: pushed * BATCH_SIZE,
  });

  const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] });
  await admin.createTopics({
    topics: [{ topic: BARE_TOPIC, numPartitions: topics[0]!.partitions.length, replicationFactor: 1 }],
    waitForLeaders: true,
  });
  let produced = 0;
  const produce = async (): Promise<number> => {
    const { seconds } = await producer.run({ kind: 'send', topic: BARE_TOPIC, batchSize: BATCH_SIZE });
    produced += same.messages;
    return seconds;
  };
  await produce();

  const [ours, bare]: [Round[], Round[]] = [[], []];
  for (let turn = 0; turn < options.rounds; turn++) {
    ours.push(await measured(gateway.pid, batches * BATCH_SIZE, () => push(batches)));
    bare.push(await measured(producer.pid, same.messages, produce));
  }
  await requireMessages(admin, TOPIC, pushed * BATCH_SIZE);
  await requireMessages(admin, BARE_TOPIC, produced);
  return report(ours, bare, pushed * BATCH_SIZE, same);
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

/**
 * Waits until the outbox holds `count` changes and the relay's cursor, which moves when Kafka has acknowledged, is at
 * its end. @returns when that was, in milliseconds since the epoch
 */
async function relayed(database: pg.Client, since: number, count: number): Promise<number> {
  while (Date.now() < since + CATCH_UP) {
    const { rows } = await database.query<{ last: string; position: string }>(
      `SELECT s.last, c.position FROM stream s JOIN relay_cursor c USING (registry) WHERE registry = 'business'`,
    );
    const [row] = rows;
    if (Number(row?.last) === count && Number(row?.position) === count) return Date.now();
    await wait(10);
  }
  throw new Error(`the relay did not reach the end of ${count} changes`);
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
      `gateway/bare producer ${figure(ratio, 2)}`,
      `${figure(total)} changes pushed, as many messages on the topic, ${figure(same.bytes / same.messages)} bytes each`,
    ],
    marks: [],
  };
}
