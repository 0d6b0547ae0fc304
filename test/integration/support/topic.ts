import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import type { Test } from 'tap';

/** One CloudEvent of a topic (Kafka binding, binary mode). */
export interface TopicEvent {
  readonly key: string;
  readonly partition: number;
  readonly id: string;
  readonly subject: string;
  readonly sequence: number;
  readonly version: number;
  readonly data: {
    readonly version: number;
    readonly operation: string;
    readonly state?: Readonly<Record<string, unknown>>;
  };
}

/** Reads a topic from its beginning, in the background; what has come so far is in the array. */
export async function follow(
  test: Pick<Test, 'teardown'>,
  brokers: readonly string[],
  topic: string,
): Promise<readonly TopicEvent[]> {
  const events: TopicEvent[] = [];
  const kafka = new kafkajs.Kafka({
    clientId: 'reader',
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const consumer = kafka.consumer({ groupId: randomUUID(), retry: { retries: 1000, maxRetryTime: 1000 } });
  await consumer.connect();
  test.teardown(() => consumer.disconnect());
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const header = (name: string) => String(message.headers?.[`ce_${name}`]);
      events.push({
        key: String(message.key),
        partition,
        id: header('id'),
        subject: header('subject'),
        sequence: Number(header('sequence')),
        version: Number(header('entityversion')),
        data: JSON.parse(String(message.value)),
      });
    },
  });
  return events;
}
