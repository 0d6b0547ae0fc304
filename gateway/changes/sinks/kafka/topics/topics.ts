/** Topics: one for each agreement, entity and generation, made when it is first needed. */
import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import type { Logger } from 'pino';
import type { KafkaConfig } from '../../../../config/kafka.ts';
import { protocolErrorOf } from '../client/kafka-errors.ts';
import type { KnownTopic, TopicLedger } from './topic-ledger.ts';
import { type Acknowledged, lossOf, type TopicLoss } from './topic-loss.ts';
import type { TopicShape } from './topic-writer.ts';

const DAY = 86_400_000;
/** Bytes of a batch: the brokers' usual default, set on each topic, so that no other default applies. */
const MAX_MESSAGE_BYTES = 1_048_588;
/** Well below it, because the size of a batch is estimated. */
const BATCH_BYTES = 900_000;

export interface EnsureTopic {
  readonly admin: Admin;
  readonly topic: string;
  readonly config: KafkaConfig;
  readonly ledger: Pick<TopicLedger, 'known' | 'making' | 'notMade' | 'noteOrigin'>;
  /** The messages that this process has written to the topic. */
  readonly acknowledged: Acknowledged;
  /** May the topic be another one than the known topic of this name? */
  readonly isDoubted: boolean;
  /** By partition: the offset that the next message gets. */
  readonly endsOf: (topic: string) => Promise<ReadonlyMap<number, number>>;
  readonly log: Logger;
}

export interface EnsuredTopic {
  readonly shape: TopicShape;
  /** How the topic lost its messages, if it did. */
  readonly loss: TopicLoss | undefined;
  /** The sequence of the last event that was sent to the topic. */
  readonly sequence: number;
}

/**
 * Finds the topic, or makes it, also after somebody has deleted it. An existing topic keeps its settings, and those that differ from
 * the gateway's are logged. The gateway writes to a topic that somebody else has made in its place, with the partitions that this
 * topic has, and does not delete it.
 */
export async function ensureTopic(given: EnsureTopic): Promise<EnsuredTopic> {
  const { admin, topic, ledger } = given;
  const known = await ledger.known(topic);
  const existing = await describe(admin, topic);
  if (existing) return take(given, known, existing);
  const isNew = await make(given);
  const made = await describe(admin, topic);
  if (made === undefined) throw new Error(`topic ${topic} was made and is not there yet`);
  // It was there after all: a broker that has just started knows no topics yet; or somebody was quicker by a moment.
  if (!isNew) return take({ ...given, isDoubted: true }, known, made, 'making');
  const { partitions } = made;
  await ledger.noteOrigin(topic, 'made', partitions);
  const loss = known.partitions === null ? undefined : 'deleted';
  const shape = { partitions, batchBytes: batchBytes(await settingsOf(admin, topic)) };
  return { shape, loss, sequence: known.sequence };
}

/**
 * A topic that is there, as it is.
 * @param noted its origin as the ledger has it by now
 */
async function take(
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
  // It was being made when something went wrong, and so it is the gateway's own.
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

/** Looked for only where there is a reason: it costs connections. */
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
  // Made again by the gateway, and something went wrong before that was noted.
  return loss !== undefined && origin === 'making' ? 'deleted' : loss;
}

/** @returns `false`: it was there */
async function make({ admin, topic, config, ledger }: EnsureTopic): Promise<boolean> {
  await ledger.making(topic);
  return create(admin, topicConfig(topic, config, await replicas(admin, config))).catch(
    async (error: unknown) => {
      if (refusesToMake(error)) await ledger.notMade(topic);
      throw error;
    },
  );
}

/** @returns `false`: it was there */
const create = (admin: Admin, topic: ITopicConfig): Promise<boolean> =>
  admin.createTopics({ topics: [topic], waitForLeaders: true, timeout: 8000 });

/** A broker answered, and the topic is not there: as opposed to one that took too long, and may yet make it. */
function refusesToMake(error: unknown): boolean {
  const word = protocolErrorOf(error);
  return word !== undefined && !MAY_BE_MADE.has(word);
}

const MAY_BE_MADE: ReadonlySet<string> = new Set([
  'REQUEST_TIMED_OUT',
  'NOT_CONTROLLER',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN',
  'KAFKAJS_UNKNOWN_ERROR_CODE',
]);

/** Time retention and no compaction: snapshots have the state, a topic has the changes. */
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

/** By partition: the offset that the next message gets. With a client that knows no other topic. */
export async function endsOf(admin: Admin, topic: string): Promise<ReadonlyMap<number, number>> {
  const partitions = await admin.fetchTopicOffsets(topic);
  return new Map(partitions.map(({ partition, high }) => [partition, Number(high)]));
}

/**
 * How many partitions each of these topics has; one that is not there is not in the answer. Kafka's answer names no topic
 * that it does not know, so such a request is halved.
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
 * Deletes a topic, with a client that knows no other.
 * @returns `false`: it was not there
 */
export async function deleteTopic(admin: Admin, topic: string): Promise<boolean> {
  if ((await describe(admin, topic)) === undefined) return false;
  try {
    await admin.deleteTopics({ topics: [topic], timeout: 8000 });
    return true;
  } catch (error) {
    // kafkajs asks once more for a topic that it has just deleted.
    if (protocolErrorOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return true;
    throw error;
  }
}
