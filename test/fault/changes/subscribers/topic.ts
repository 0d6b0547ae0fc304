/**
 * The agreement's topic, by a consumer group. What the consumer is given twice by the same offset is the client's
 * repetition, not the gateway's, and counts once; but the same offset must hold the same event.
 */
import { setTimeout as wait } from 'node:timers/promises';
import kafkajs, { type Consumer, type EachMessagePayload, type KafkaMessage } from 'kafkajs';
import { type TestAgreement, topicOf } from '../agreements.ts';
import type { Delivery } from '../ledger.ts';
import type { Subscriber } from './subscriber.ts';

/** Milliseconds in which a client has to close; it may hang when its broker was killed, and is then left behind. */
const CLOSE_WITHIN = 3000;
/** Milliseconds after which a consumer that fetches nothing, not even emptiness, is given up for a new one. */
const SILENT_FOR = 12_000;

export function topicSubscriber(agreement: TestAgreement): Subscriber {
  const topic = topicOf(agreement);
  return {
    name: `topic, ${agreement.agreement}`,
    agreement,
    async follow({ brokers }, take) {
      const kafka = new kafkajs.Kafka({
        clientId: agreement.consumer,
        brokers: [...brokers],
        logLevel: kafkajs.logLevel.NOTHING,
        connectionTimeout: 2000,
        requestTimeout: 8000,
      });
      const seen = new Map<string, string>();
      const stop = new AbortController();
      let rewritten: Error | undefined;
      const read = ({ partition, message }: EachMessagePayload) => {
        const delivery = deliveryOf(message);
        const place = `${partition}:${message.offset}`;
        const before = seen.get(place);
        if (before === delivery.id) return;
        if (before === undefined) take(delivery);
        else rewritten ??= new Error(`offset ${place} of ${topic} held ${before}, and later ${delivery.id}`);
        seen.set(place, delivery.id);
      };
      const following = (async () => {
        while (!stop.signal.aborted) {
          const consumer = kafka.consumer({
            groupId: agreement.consumer,
            sessionTimeout: 10_000,
            heartbeatInterval: 1000,
            maxWaitTimeInMs: 500,
            // Else a consumer that was given up would come back by itself.
            retry: { retries: 3, maxRetryTime: 1000, restartOnFailure: async () => false },
          });
          await consume(consumer, topic, read, stop.signal).catch(() => {});
          await Promise.race([consumer.disconnect().catch(() => {}), wait(CLOSE_WITHIN)]);
          await wait(200);
        }
      })();
      return async () => {
        stop.abort();
        await following;
        if (rewritten) throw rewritten;
      };
    },
  };
}

/** Consumes until it is stopped, or until the consumer crashes or delivers nothing more. */
async function consume(
  consumer: Consumer,
  topic: string,
  read: (payload: EachMessagePayload) => void,
  signal: AbortSignal,
): Promise<void> {
  const over = Promise.withResolvers<void>();
  let heard = Date.now();
  consumer.on('consumer.fetch', () => {
    heard = Date.now();
  });
  consumer.on('consumer.crash', () => over.resolve());
  const watch = setInterval(() => Date.now() - heard > SILENT_FOR && over.resolve(), 500);
  signal.addEventListener('abort', () => over.resolve());
  const run = async () => {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async (payload) => read(payload) });
  };
  try {
    await Promise.race([run().then(() => over.promise), over.promise]);
  } finally {
    clearInterval(watch);
  }
}

/** CloudEvents' Kafka binding, binary mode. */
function deliveryOf({ key, value, headers = {} }: KafkaMessage): Delivery {
  const header = (name: string) => String(headers[`ce_${name}`]);
  const text = Object.entries(headers).map(([name, content]) => `${name}: ${content}`);
  return {
    id: header('id'),
    // The key is what orders; that it is the subject too is part of the promise.
    subject: String(key) === header('subject') ? header('subject') : `${key} but ${header('subject')}`,
    type: header('type'),
    agreement: header('agreement'),
    sequence: Number(header('sequence')),
    version: Number(header('entityversion')),
    data: JSON.parse(String(value)),
    around: [String(key), ...text].join('\n'),
  };
}
