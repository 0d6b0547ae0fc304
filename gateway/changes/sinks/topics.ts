/** Topics: one for each agreement, entity and generation, made when it is first needed. */
import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import type { Logger } from 'pino';
import type { KafkaConfig } from '../../config.ts';
import { protocolErrorOf } from './kafka-errors.ts';
import type { TopicLedger } from './topic-ledger.ts';
import type { TopicShape } from './topic-writer.ts';

const DAY = 86_400_000;
/** Bytes of a batch: what the brokers' own default is, told to each topic, so that no other default holds for it. */
const MAX_MESSAGE_BYTES = 1_048_588;
/** As much as stays well below it: the size of a batch is estimated. */
const BATCH_BYTES = 900_000;

/**
 * Finds the topic, or makes it. One that exists is left as it is; what is different from what the gateway would have made
 * is told.
 */
export async function ensureTopic(
  admin: Admin,
  topic: string,
  config: KafkaConfig,
  ledger: Pick<TopicLedger, 'making' | 'origin' | 'settle'>,
  log: Logger,
): Promise<TopicShape> {
  const existing = await describe(admin, topic);
  if (!existing) return make(admin, topic, config, ledger);
  const origin = await ledger.origin(topic);
  if (origin === 'unknown') {
    await ledger.settle(topic, 'found');
    log.warn({ topic }, 'this topic was there before: the gateway writes to it, and will never delete it');
  }
  // It was being made when something went wrong, and so it is the gateway's own.
  if (origin === 'making') await ledger.settle(topic, 'made');
  const wanted = topicConfig(topic, config, await replicas(admin, config));
  const settings = await settingsOf(admin, topic);
  const different = differences(existing, settings, wanted);
  if (different.length > 0)
    log.warn({ topic, different }, 'this topic is not as the gateway would have made it');
  return { partitions: existing.partitions, batchBytes: batchBytes(settings) };
}

async function make(
  admin: Admin,
  topic: string,
  config: KafkaConfig,
  ledger: Pick<TopicLedger, 'making' | 'settle'>,
): Promise<TopicShape> {
  const before = await ledger.making(topic);
  const isNew = await admin.createTopics({
    topics: [topicConfig(topic, config, await replicas(admin, config))],
    waitForLeaders: true,
    timeout: 8000,
  });
  // Somebody else was quicker by a moment: it is theirs.
  await ledger.settle(topic, isNew || before !== 'unknown' ? 'made' : 'found');
  const made = await describe(admin, topic);
  if (made === undefined) throw new Error(`topic ${topic} was made and is not there yet`);
  return { partitions: made.partitions, batchBytes: batchBytes(await settingsOf(admin, topic)) };
}

/** Time retention and no compaction: the state is in the snapshot, the topic tells what happened. */
export function topicConfig(
  topic: string,
  config: KafkaConfig,
  replicationFactor: number,
): Required<Omit<ITopicConfig, 'replicaAssignment'>> {
  return {
    topic,
    numPartitions: config.partitions,
    replicationFactor,
    configEntries: [
      { name: 'cleanup.policy', value: 'delete' },
      { name: 'retention.ms', value: String(config.retentionDays * DAY) },
      { name: 'min.insync.replicas', value: String(Math.min(2, replicationFactor)) },
      { name: 'max.message.bytes', value: String(MAX_MESSAGE_BYTES) },
    ],
  };
}

/** `name: is, not wanted`, of what differs; settings that may not be read are not compared. */
function differences(
  is: { readonly partitions: number; readonly replicas: number },
  settings: ReadonlyMap<string, string>,
  wanted: ReturnType<typeof topicConfig>,
): string[] {
  const pairs: (readonly [string, string | undefined, string])[] = [
    ['partitions', String(is.partitions), String(wanted.numPartitions)],
    ['replicas', String(is.replicas), String(wanted.replicationFactor)],
    ...wanted.configEntries.map(({ name, value }) => [name, settings.get(name), value] as const),
  ];
  return pairs
    .filter(([, found, value]) => found !== undefined && found !== value)
    .map(([name, found, value]) => `${name}: ${found}, not ${value}`);
}

const batchBytes = (settings: ReadonlyMap<string, string>): number =>
  Math.min(BATCH_BYTES, Math.floor(Number(settings.get('max.message.bytes') ?? MAX_MESSAGE_BYTES) * 0.85));

/**
 * The broker's default is looked up, not left to the broker (-1): `min.insync.replicas` depends on it. Where it may not
 * be read it is three, or as many as there are brokers.
 */
async function replicas(admin: Admin, config: KafkaConfig): Promise<number> {
  if (config.replicationFactor > 0) return config.replicationFactor;
  const { brokers } = await admin.describeCluster();
  const name = 'default.replication.factor';
  const broker = String(brokers[0]?.nodeId);
  const settings = await configOf(admin, kafkajs.ConfigResourceTypes.BROKER, broker, [name]);
  const value = Number(settings.get(name));
  return value > 0 ? value : Math.min(3, brokers.length);
}

const settingsOf = (admin: Admin, topic: string): Promise<ReadonlyMap<string, string>> =>
  configOf(admin, kafkajs.ConfigResourceTypes.TOPIC, topic, [
    'cleanup.policy',
    'retention.ms',
    'min.insync.replicas',
    'max.message.bytes',
  ]);

/** Empty where the broker does not allow to read it. */
async function configOf(
  admin: Admin,
  type: kafkajs.ConfigResourceTypes,
  name: string,
  configNames: string[],
): Promise<ReadonlyMap<string, string>> {
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type, name, configNames }],
    });
    const entries = resources[0]?.configEntries ?? [];
    return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
  } catch (error) {
    if (/AUTHORIZATION_FAILED$/.test(protocolErrorOf(error) ?? '')) return new Map();
    throw error;
  }
}

interface Described {
  readonly partitions: number;
  /** The fewest that a partition has. */
  readonly replicas: number;
}

async function describe(admin: Admin, topic: string): Promise<Described | undefined> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics[0]?.partitions ?? [];
    if (partitions.length === 0) return undefined;
    return {
      partitions: partitions.length,
      replicas: Math.min(...partitions.map((partition) => partition.replicas.length)),
    };
  } catch (error) {
    if (protocolErrorOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
    throw error;
  }
}

/**
 * Deletes a topic, with a client that knows no other.
 * @returns `false`: it was not there
 */
export async function deleteTopic(admin: Admin, topic: string): Promise<boolean> {
  if ((await describe(admin, topic)) === undefined) return false;
  try {
    await admin.deleteTopics({ topics: [topic], timeout: 8000 });
    return true;
  } catch (error) {
    // kafkajs asks once more for what it has just deleted.
    if (protocolErrorOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return true;
    throw error;
  }
}
