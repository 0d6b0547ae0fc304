/** Reads a topic as a subscriber would. */
import type { Test } from 'tap';
import { administer, consume } from '../../support/kafka-client.ts';
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
  const messages: Message[] = [];
  await consume(
    test,
    { brokers: [...brokers] },
    topic,
    async ({ partition, message }) => {
      const { offset, key, headers = {}, value } = message;
      messages.push({
        partition,
        offset: Number(offset),
        key: String(key),
        headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
        value: JSON.parse(String(value)),
      });
    },
    { maxWaitTimeInMs: 200 },
  );
  return messages;
}

export async function listTopics(brokers: readonly string[]): Promise<string[]> {
  return administer({ brokers: [...brokers] }, (admin) => admin.listTopics());
}

/** The output of `kcat` for a topic, from its beginning to its end. */
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
