/** The messages that the gateway wrote to a topic, read back, so that others can send the same to the byte. */
import type { IHeaders, Kafka, Message } from 'kafkajs';

/** Milliseconds in which all messages of a topic must have been read. */
const READ_DEADLINE = 60_000;

/**
 * So many messages of a topic, in the order in which the relay sent them: that of their numbers, over all partitions.
 * @throws Error when they are not there in time
 */
export async function readMessages(kafka: Kafka, topic: string, count: number): Promise<Message[]> {
  const kept: Message[] = [];
  const consumer = kafka.consumer({ groupId: `bench-${process.pid}-${topic}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = setTimeout(() => reject(new Error(`${kept.length} of ${count} messages came`)), READ_DEADLINE);
  await consumer.run({
    eachMessage: async ({ partition, message: { key, value, headers } }) => {
      kept.push({ partition, key, value, headers });
      if (kept.length === count) resolve();
    },
  });
  try {
    await promise;
  } finally {
    clearTimeout(late);
    await consumer.disconnect();
  }
  return kept
    .map((message) => ({ message, sequence: String(message.headers?.ce_sequence) }))
    .sort((a, b) => (a.sequence < b.sequence ? -1 : 1))
    .map(({ message }) => message);
}

/** Bytes of a message on average, without framing. */
export function averageSize(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + sizeOf(message), 0) / messages.length;
}

/** `size` of them from the one with this number on; from the first again when there are fewer. */
export function cycle<T>(messages: readonly T[], from: number, size: number): T[] {
  return Array.from({ length: size }, (_, index) => messages[(from + index) % messages.length]!);
}

function sizeOf({ key, value, headers }: Message): number {
  return length(key) + length(value) + headersLength(headers);
}

function headersLength(headers: IHeaders | undefined): number {
  return Object.entries(headers ?? {}).reduce(
    (sum, [name, value]) => sum + name.length + (Array.isArray(value) ? 0 : length(value)),
    0,
  );
}

function length(value: string | Buffer | null | undefined): number {
  return value ? Buffer.byteLength(value) : 0;
}
