/** Reads a topic as a subscriber would. */
import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import type { Test } from 'tap';
import type { Tool } from './tools.ts';

/** An event in CloudEvents' binary mode. */
export interface Message {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: whatever was published; the tests look into it
  readonly value: any;
}

/** Everything that comes to `topic`, from its beginning, into the list that it returns; waits for the topic. */
export async function subscribe(
  test: Pick<Test, 'teardown'>,
  brokers: readonly string[],
  topic: string,
): Promise<readonly Message[]> {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `acceptance-${randomUUID()}`, maxWaitTimeInMs: 200 });
  test.teardown(() => consumer.disconnect());
  const messages: Message[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const { offset, key, headers = {}, value } = message;
      messages.push({
        partition,
        offset: Number(offset),
        key: String(key),
        headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
        value: JSON.parse(String(value)),
      });
    },
  });
  return messages;
}

export async function listTopics(brokers: readonly string[]): Promise<string[]> {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

/** What `kcat` prints of a topic, from its beginning to its end. */
export function readWithKcat(kcat: Tool, brokers: readonly string[], topic: string): Message[] {
  const args = ['-b', brokers.join(','), '-t', topic, '-C', '-o', 'beginning', '-e', '-q', '-J'];
  return kcat(args)
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const { partition, offset, key, headers, payload } = JSON.parse(line);
      return {
        partition,
        offset,
        key,
        // name, value, name, value …
        headers: Object.fromEntries(
          Array.from({ length: headers.length / 2 }, (_, i) => [headers[2 * i], headers[2 * i + 1]]),
        ),
        value: JSON.parse(payload),
      };
    });
}
