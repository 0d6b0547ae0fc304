import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Admin } from 'kafkajs';
import type { Test } from 'tap';
import { missingForKafka } from '../../deploy/sandbox/kafka/java.ts';
import { type KafkaCluster, type KafkaOptions, startKafka } from '../../deploy/sandbox/kafka/kafka-server.ts';
import { administer } from './kafka-client.ts';

type TestHooks = Pick<Test, 'teardown' | 'skip'>;

export interface KafkaForTests {
  /** `host:port`, plain text. */
  brokers: readonly string[];
  /** The name of a new topic, made with `partitions` (1) and removed when the test ends. */
  freshTopic(partitions?: number): Promise<string>;
  /** Removes, when the test ends, the topics whose names begin so. */
  removeAfterwards(prefix: string): void;
}

export type OwnKafkaOptions = Partial<Pick<KafkaOptions, 'brokers' | 'sasl' | 'authorizer' | 'settings'>>;

/**
 * A real Kafka for `test`: one broker of its own, or the cluster that `KAFKA_BROKERS` names.
 *
 * Where Java or Maven is missing the test is skipped, loudly, and gets undefined; under `CI=true` that is
 * a failure.
 */
export async function kafkaForTests(test: TestHooks): Promise<KafkaForTests | undefined> {
  const named = process.env.KAFKA_BROKERS;
  const brokers = named ? named.split(',') : (await ownKafka(test))?.brokers;
  if (!brokers) return undefined;

  const prefixes: string[] = [];
  const client = { clientId: 'lienthong-test', brokers: [...brokers] };
  if (named) test.teardown(() => administer(client, (admin) => removeTopics(admin, prefixes)));
  return {
    brokers,
    async freshTopic(partitions = 1) {
      const topic = `test-${randomBytes(6).toString('hex')}`;
      prefixes.push(topic);
      await administer(client, (admin) =>
        admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true }),
      );
      return topic;
    },
    removeAfterwards(prefix) {
      prefixes.push(prefix);
    },
  };
}

/** A cluster of the test's own, whose brokers it may kill; else like {@link kafkaForTests}. */
export async function ownKafka(
  test: TestHooks,
  { brokers = 1, ...rest }: OwnKafkaOptions = {},
): Promise<KafkaCluster | undefined> {
  const missing = missingForKafka();
  if (missing !== undefined) {
    if (process.env.CI === 'true') throw new Error(missing);
    console.error(`\n*** SKIPPED, not tested on Kafka: ${missing}\n`);
    test.skip(missing, () => {});
    return undefined;
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'lienthong-kafka-'));
  const cluster = await startKafka({ brokers, dataDir, ...rest });
  test.teardown(() => cluster.stop());
  return cluster;
}

async function removeTopics(admin: Admin, prefixes: readonly string[]): Promise<void> {
  const topics = (await admin.listTopics()).filter((topic) => prefixes.some((one) => topic.startsWith(one)));
  if (topics.length > 0) await admin.deleteTopics({ topics });
}
