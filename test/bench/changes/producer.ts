/**
 * A bare kafkajs producer, a process of its own: messages that it has in memory, one `send()` after the other, nothing
 * else. It reads them first from the topic that the gateway wrote, so that they are the same to the byte.
 */
import kafkajs, { type Message, type Producer } from 'kafkajs';
import { serve } from '../processes.ts';
import type { Produced, ReadJob, SendJob } from './job.ts';
import { averageSize, cycle, readMessages } from './messages.ts';

let producer: Producer;
let kept: Message[] = [];

serve<ReadJob | SendJob, Produced>(async (job) => {
  if (job.kind === 'send') return send(job);
  const kafka = new kafkajs.Kafka({
    clientId: 'bench',
    brokers: [...job.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  kept = await readMessages(kafka, job.topic, job.count);
  producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  return { messages: kept.length, seconds: 0, messageBytes: averageSize(kept) };
});

async function send({ topic, seconds, batchSize }: SendJob): Promise<Produced> {
  const start = performance.now();
  let sent = 0;
  while (performance.now() < start + seconds * 1000) {
    await producer.send({ topic, acks: -1, messages: cycle(kept, sent, batchSize) });
    sent += batchSize;
  }
  return { messages: sent, seconds: (performance.now() - start) / 1000, messageBytes: averageSize(kept) };
}
