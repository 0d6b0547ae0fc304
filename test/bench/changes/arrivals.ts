/** A consumer of the gateway's topic, a process of its own, that notes when each message came. */
import { setTimeout as wait } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { serve } from '../processes.ts';
import type { Arrivals, ArrivalsJob } from './job.ts';

const DEADLINE = 60_000;

/** By number: milliseconds since the epoch, of the first arrival. */
const arrived = new Map<number, number>();

serve<ArrivalsJob, Arrivals>(async (job) => {
  if (job.kind === 'join') {
    await join(job.brokers, job.topic);
    return { at: [] };
  }
  const { after, last } = job;
  const numbers = Array.from({ length: last - after }, (_, index) => after + 1 + index);
  const deadline = Date.now() + DEADLINE;
  while (!numbers.every((number) => arrived.has(number))) {
    if (Date.now() > deadline) throw new Error('messages did not come to the consumer');
    await wait(20);
  }
  return { at: numbers.map((number) => arrived.get(number)!) };
});

/** Resolves when the consumer has its partitions; it begins at their ends. */
async function join(brokers: readonly string[], topic: string): Promise<void> {
  const kafka = new kafkajs.Kafka({
    clientId: 'bench-consumer',
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const consumer = kafka.consumer({ groupId: 'bench-arrivals' });
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve());
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: false });
  await consumer.run({
    partitionsConsumedConcurrently: 6,
    eachMessage: async ({ message }) => {
      const number = Number(message.headers?.ce_sequence);
      if (!arrived.has(number)) arrived.set(number, Date.now());
    },
  });
  await joined;
  // It has asked where the partitions end when it asks for the first messages: well within this.
  await wait(2000);
}
