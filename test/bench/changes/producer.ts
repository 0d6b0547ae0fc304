/**
 * A bare kafkajs producer, a process of its own: messages that it has in memory, one `send()` after the other, nothing
 * else. It reads them first from the topic that the gateway wrote, so that they are the same to the byte.
 */
import kafkajs, { type IHeaders, type Kafka, type Message, type Producer } from 'kafkajs';
import { serve } from '../processes.ts';
import type { Produced, ProducerJob } from './job.ts';

/** Milliseconds in which all messages of a topic must have been read. */
const READ_DEADLINE = 60_000;

let kafka: Kafka;
let producer: Producer;
let kept: Message[] = [];

serve<ProducerJob, Produced>(async (job) => {
  if (job.kind === 'send') return send(job.topic, job.count, job.batchSize);
  kafka = new kafkajs.Kafka({
    clientId: 'bench',
    brokers: [...job.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  return read(job.topic, job.count);
});

async function send(topic: string, count: number, batchSize: number): Promise<Produced> {
  const messages = Array.from({ length: count }, (_, index) => kept[index % kept.length]!);
  const start = performance.now();
  for (let from = 0; from < count; from += batchSize) {
    await producer.send({ topic, acks: -1, messages: messages.slice(from, from + batchSize) });
  }
  return result(messages, (performance.now() - start) / 1000);
}

/** @throws Error when they are not there in time */
async function read(topic: string, count: number): Promise<Produced> {
  const start = performance.now();
  kept = [];
  const consumer = kafka.consumer({ groupId: `bench-${topic}` });
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
  // As the relay sent them: in the order of their sequence, over all partitions.
  kept = kept
    .map((message) => ({ message, sequence: String(message.headers?.ce_sequence) }))
    .sort((a, b) => (a.sequence < b.sequence ? -1 : 1))
    .map(({ message }) => message);
  return result(kept, (performance.now() - start) / 1000);
}

function result(messages: readonly Message[], seconds: number): Produced {
  return {
    messages: messages.length,
    bytes: messages.reduce((sum, message) => sum + sizeOf(message), 0),
    seconds,
  };
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
