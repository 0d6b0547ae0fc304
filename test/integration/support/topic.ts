import type { Test } from 'tap';
import { consume } from '../../support/kafka-client.ts';

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
  await consume(
    test,
    { clientId: 'reader', brokers: [...brokers] },
    topic,
    async ({ partition, message }) => {
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
    { retry: { retries: 1000, maxRetryTime: 1000 } },
  );
  return events;
}
