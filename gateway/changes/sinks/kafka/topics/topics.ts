/** Creates, describes and deletes topics. There is one for each agreement, entity and generation, made when it is first needed. */
import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import type { Logger } from 'pino';
import type { KafkaConfig } from '../../../../config/kafka.ts';
import { protocolErrorOf } from '../client/kafka-errors.ts';
import type { KnownTopic, TopicLedger } from './topic-ledger.ts';
import { type Acknowledged, lossOf, type TopicLoss } from './topic-loss.ts';
import type { TopicShape } from './topic-writer.ts';

const DAY = 86_400_000;
/** The most bytes of a batch: Kafka's usual default, set on each topic, so that another default of the brokers does not apply. */
const MAX_MESSAGE_BYTES = 1_048_588;
/** Well below `MAX_MESSAGE_BYTES`, because the size of a batch is an estimate. */
const BATCH_BYTES = 900_000;

export interface EnsureTopic {
  readonly admin: Admin;
  readonly topic: string;
  readonly config: KafkaConfig;
  readonly ledger: Pick<TopicLedger, 'known' | 'making' | 'notMade' | 'noteOrigin'>;
  /** The messages that this process has written to the topic. */
  readonly acknowledged: Acknowledged;
  /** May the topic be another one than the recorded topic of this name? */
  readonly isDoubted: boolean;
  /** By partition: the offset that the next message gets. */
  readonly endsOf: (topic: string) => Promise<ReadonlyMap<number, number>>;
  readonly log: Logger;
}

export interface EnsuredTopic {
  readonly shape: TopicShape;
  /** `undefined`: the topic has lost no messages. */
  readonly loss: TopicLoss | undefined;
  /** The sequence of the last event that was sent to the topic. */
  readonly sequence: number;
}

/**
 * Finds the topic, or makes it, also after somebody has deleted it. An existing topic keeps its settings; settings that differ from
 * the gateway's are logged. The gateway also writes to a topic that somebody else has made under the name, with that topic's number
 * of partitions, and never deletes it.
 */
export async function ensureTopic(given: EnsureTopic): Promise<EnsuredTopic> {
  const { admin, topic, ledger } = given;
  const known = await ledger.known(topic);
  const existing = await describe(admin, topic);
  if (existing) return adopt(given, known, existing);
  const isNew = await make(given);
  const made = await describe(admin, topic);
  if (made === undefined) throw new Error(`topic ${topic} was made and is not there yet`);
  // The topic existed: a broker that has just started does not know its topics yet, or another client has just made the topic.
  if (!isNew) return adopt({ ...given, isDoubted: true }, known, made, 'making');
  const { partitions } = made;
  await ledger.noteOrigin(topic, 'made', partitions);
  const loss = known.partitions === null ? undefined : 'deleted';
  const shape = { partitions, batchBytes: batchBytes(await settingsOf(admin, topic)) };
  return { shape, loss, sequence: known.sequence };
}

/**
 * Uses an existing topic with the settings that it has.
 * @param noted the topic's present origin in the ledger
 */
async function adopt(
  given: EnsureTopic,
  known: KnownTopic,
  existing: Described,
  noted: KnownTopic['origin'] = known.origin,
): Promise<EnsuredTopic> {
  const { admin, topic, config, ledger, log } = given;
  const { partitions } = existing;
  const wanted = topicConfig(topic, config, await replicas(admin, config));
  const settings = await settingsOf(admin, topic);
  const different = differences(existing, settings, wanted);
  const loss = await lossIn(given, known, partitions, different.length > 0);
  // `making`: an error interrupted the gateway after it had asked for the topic, so the topic is the gateway's own.
  const isOurs = (known.origin === 'made' || known.origin === 'making') && loss !== 'replaced';
  const origin = isOurs ? 'made' : 'found';
  if (origin !== noted || partitions !== known.partitions) await ledger.noteOrigin(topic, origin, partitions);
  if (!isOurs && origin !== known.origin) {
    log.warn(
      { topic },
      'this topic was there before, or was made by somebody else: the gateway writes to it, and will never delete it',
    );
  }
  if (different.length > 0)
    log.warn({ topic, different }, 'this topic is not as the gateway would have made it');
  return { shape: { partitions, batchBytes: batchBytes(settings) }, loss, sequence: known.sequence };
}

/** Looks for lost messages only when there is a reason to suspect a loss, because the check needs connections of its own. */
async function lossIn(
  { topic, isDoubted, acknowledged, endsOf }: EnsureTopic,
  { origin, partitions: partitionsBefore, wasSent }: KnownTopic,
  partitions: number,
  isDifferent: boolean,
): Promise<TopicLoss | undefined> {
  if (partitionsBefore === null) return undefined;
  const isStrange = origin === 'unknown' || origin === 'making' || (origin === 'made' && isDifferent);
  if (!isDoubted && !isStrange && partitions >= partitionsBefore) return undefined;
  const loss = lossOf(acknowledged, { ends: await endsOf(topic), partitionsBefore, wasSent });
  // The gateway has made the topic again, and an error interrupted it before it recorded that.
  return loss !== undefined && origin === 'making' ? 'deleted' : loss;
}

/** @returns `false`: the topic existed */
async function make({ admin, topic, config, ledger }: EnsureTopic): Promise<boolean> {
  await ledger.making(topic);
  return create(admin, topicConfig(topic, config, await replicas(admin, config))).catch(
    async (error: unknown) => {
      if (refusesToMake(error)) await ledger.notMade(topic);
      throw error;
    },
  );
}

/** @returns `false`: the topic existed */
const create = (admin: Admin, topic: ITopicConfig): Promise<boolean> =>
  admin.createTopics({ topics: [topic], waitForLeaders: true, timeout: 8000 });

/** Did a broker refuse to make the topic? After a time-out, for example, the topic may still appear. */
function refusesToMake(error: unknown): boolean {
  const code = protocolErrorOf(error);
  return code !== undefined && !MAY_BE_MADE.has(code);
}

/** Errors after which the topic may still appear. */
const MAY_BE_MADE: ReadonlySet<string> = new Set([
  'REQUEST_TIMED_OUT',
  'NOT_CONTROLLER',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN',
  'KAFKAJS_UNKNOWN_ERROR_CODE',
]);

/** Retention by time and no compaction: a subscriber reads the state from a snapshot, and the changes from the topic. */
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

/** The settings that differ, as `name: found, not wanted`. Settings that the gateway may not read are not compared. */
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
 * The replication factor: the configured one or the broker's default. The default is read instead of left to the broker (-1), because
 * `min.insync.replicas` depends on it. If the gateway may not read it, the factor is the number of brokers, at most 3.
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

/** Empty when the broker does not authorize the gateway to read the configuration. */
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
  /** The smallest number of replicas of a partition. */
  readonly replicas: number;
}

/**
 * By partition: the offset that the next message gets.
 * @param admin MUST be a client that was asked about no other topic
 */
export async function endsOf(admin: Admin, topic: string): Promise<ReadonlyMap<number, number>> {
  const partitions = await admin.fetchTopicOffsets(topic);
  return new Map(partitions.map(({ partition, high }) => [partition, Number(high)]));
}

/**
 * The number of partitions by topic, without the topics that do not exist. Kafka's error does not name the unknown topic, so a
 * request that fails with it is split into halves.
 */
export async function partitionsOf(
  admin: Admin,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (topics.length === 0) return new Map();
  try {
    const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] });
    return new Map(
      found.flatMap(({ name, partitions }) => (partitions.length > 0 ? [[name, partitions.length]] : [])),
    );
  } catch (error) {
    if (protocolErrorOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
    if (topics.length === 1) return new Map();
    const middle = Math.ceil(topics.length / 2);
    const first = await partitionsOf(admin, topics.slice(0, middle));
    return new Map([...first, ...(await partitionsOf(admin, topics.slice(middle)))]);
  }
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
 * Deletes a topic.
 * @param admin MUST be a client that was asked about no other topic
 * @returns `false`: the topic did not exist
 */
export async function deleteTopic(admin: Admin, topic: string): Promise<boolean> {
  if ((await describe(admin, topic)) === undefined) return false;
  try {
    await admin.deleteTopics({ topics: [topic], timeout: 8000 });
    return true;
  } catch (error) {
    // kafkajs requests the metadata of a topic that it has just deleted.
    if (protocolErrorOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return true;
    throw error;
  }
}
