/**
 * Why a `send()` holds one partition and kafkajs retries nothing: https://github.com/tulios/kafkajs/issues/1303
 *
 * Runs kafkajs' own `sendMessages` over a cluster of two brokers in which partition 1 moves from broker 2 to broker 1
 * while it is being written. If the first test fails, kafkajs was mended.
 */
import { createRequire } from 'node:module';
import kafkajs, { type RecordMetadata } from 'kafkajs';
import t from 'tap';
import { checkWritten } from '../../../../../../gateway/changes/sinks/kafka/topics/topic-writer.ts';

interface TopicData {
  topic: string;
  partitions: { partition: number; messages: unknown[] }[];
}

type Send = (request: {
  acks: number;
  topicMessages: { topic: string; messages: { partition: number; value: string }[] }[];
}) => Promise<RecordMetadata[]>;

const require = createRequire(import.meta.url);

function open(retries: number): { send: Send; written: number[] } {
  const leaders = new Map([
    [0, 1],
    [1, 2],
  ]);
  const written: number[] = [];
  const broker = (nodeId: number) => ({
    nodeId,
    async produce({ topicData }: { topicData: TopicData[] }) {
      const partitions = topicData.flatMap((data) => data.partitions.map(({ partition }) => partition));
      if (nodeId === 2)
        throw Object.assign(new Error('not the leader'), { name: 'KafkaJSProtocolError', retriable: true });
      written.push(...partitions);
      return {
        topics: [
          {
            topicName: 'x',
            partitions: partitions.map((partition) => ({ partition, errorCode: 0, baseOffset: '0' })),
          },
        ],
      };
    },
  });
  const brokers = new Map([
    [1, broker(1)],
    [2, broker(2)],
  ]);
  const cluster = {
    targetTopics: new Set(['x']),
    isConnected: () => true,
    addMultipleTargetTopics: async () => {},
    refreshMetadataIfNecessary: async () => {},
    refreshMetadata: async () => leaders.set(1, 1),
    findTopicPartitionMetadata: () => [{ partitionId: 0 }, { partitionId: 1 }],
    findLeaderForPartitions(_: string, partitions: string[]) {
      const byLeader: Record<number, number[]> = {};
      for (const partition of partitions.map(Number)) {
        const leader = leaders.get(partition)!;
        byLeader[leader] = [...(byLeader[leader] ?? []), partition];
      }
      return byLeader;
    },
    findBroker: async ({ nodeId }: { nodeId: string }) => brokers.get(Number(nodeId)),
  };
  const silent = { debug() {}, error() {} };
  const idle = {
    acquireBrokerLock: async () => {},
    releaseBrokerLock: async () => {},
    isTransactional: () => false,
    getSequence: () => 0,
    updateSequence: () => {},
    getProducerId: () => -1,
    getProducerEpoch: () => 0,
  };
  const send: Send = require('kafkajs/src/producer/sendMessages')({
    logger: silent,
    cluster,
    partitioner: ({ message }: { message: { partition: number } }) => message.partition,
    eosManager: idle,
    retrier: require('kafkajs/src/retry')({ retries, initialRetryTime: 1 }),
  });
  return { send, written };
}

const messages = (...partitions: number[]) => ({
  acks: -1,
  topicMessages: [{ topic: 'x', messages: partitions.map((partition) => ({ partition, value: 'v' })) }],
});

t.test(
  'two partitions in one send, and a retry of kafkajs: success is reported, one partition was never written',
  async (t) => {
    const { send, written } = open(5);
    const answer = await send(messages(0, 1));
    t.same(written, [0], 'kafkajs has lost partition 1');
    t.throws(() => checkWritten(answer, 'x', 1), 'our check would have seen it');
  },
);

t.test('one partition in one send: it is written where it went', async (t) => {
  const { send, written } = open(5);
  checkWritten(await send(messages(1)), 'x', 1);
  t.same(written, [1]);
});

t.test('without a retry of kafkajs: it fails, and is written when it is sent again', async (t) => {
  const { send, written } = open(0);
  await t.rejects(send(messages(1)), kafkajs.KafkaJSNumberOfRetriesExceeded);
  checkWritten(await send(messages(1)), 'x', 1);
  t.same(written, [1]);
});
