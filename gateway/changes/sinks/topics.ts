/** Topics: one for each agreement, entity and generation, made when it is first needed. */
import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import type { KafkaConfig } from '../../config.ts';

const DAY = 86_400_000;

/** Finds the topic, or makes it, and returns how many partitions it has. A topic that exists is left as it is. */
export async function ensureTopic(admin: Admin, topic: string, config: KafkaConfig): Promise<number> {
  const existing = await partitionsOf(admin, topic);
  if (existing !== undefined) return existing;
  await admin.createTopics({
    topics: [topicConfig(topic, config, await replicas(admin, config))],
    waitForLeaders: true,
    timeout: 8000,
  });
  const made = await partitionsOf(admin, topic);
  if (made === undefined) throw new Error(`topic ${topic} was made and is not there yet`);
  return made;
}

/** Time retention and no compaction: the state is in the snapshot, the topic tells what happened. */
export function topicConfig(topic: string, config: KafkaConfig, replicationFactor: number): ITopicConfig {
  return {
    topic,
    numPartitions: config.partitions,
    replicationFactor,
    configEntries: [
      { name: 'cleanup.policy', value: 'delete' },
      { name: 'retention.ms', value: String(config.retentionDays * DAY) },
      { name: 'min.insync.replicas', value: String(Math.min(2, replicationFactor)) },
    ],
  };
}

/**
 * The broker's default is looked up, not left to the broker (-1): `min.insync.replicas` depends on it. Where it may not
 * be read it is three, or as many as there are brokers.
 */
async function replicas(admin: Admin, config: KafkaConfig): Promise<number> {
  if (config.replicationFactor > 0) return config.replicationFactor;
  const { brokers } = await admin.describeCluster();
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.BROKER,
          name: String(brokers[0]?.nodeId),
          configNames: ['default.replication.factor'],
        },
      ],
    });
    const value = Number(resources[0]?.configEntries[0]?.configValue);
    if (value > 0) return value;
  } catch {
    // Not allowed to read the broker's configuration.
  }
  return Math.min(3, brokers.length);
}

async function partitionsOf(admin: Admin, topic: string): Promise<number | undefined> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.length || undefined;
  } catch (error) {
    if (error instanceof kafkajs.KafkaJSProtocolError && error.type === 'UNKNOWN_TOPIC_OR_PARTITION')
      return undefined;
    throw error;
  }
}
