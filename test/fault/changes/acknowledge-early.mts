/**
 * A relay that is broken on purpose: it says at once that Kafka has a message, and sends the message a second later, as a
 * producer does that gathers. Its offsets rise as Kafka's do, or the relay would take the topic for another. What it holds
 * dies with it. Loaded into a replica by Node's own option (`--import`), so that
 * the gateway's code knows nothing of it. Whoever cannot find the loss that this makes would not find any other.
 */
import { createRequire } from 'node:module';
import type kafkajs from 'kafkajs';
import type { Producer } from 'kafkajs';

// This file lies elsewhere when it is loaded: kafkajs is looked for where the gateway is.
const { Kafka }: typeof kafkajs = createRequire(process.argv[1]!)('kafkajs');
/** Milliseconds: longer than changes are apart, so that a leader that is killed always holds some. */
const HELD = 1000;
const open = Kafka.prototype.producer;

Kafka.prototype.producer = function producer(config) {
  const honest = open.call(this, config);
  const ends = new Map<string, number>();
  const send: Producer['send'] = async (record) => {
    setTimeout(() => honest.send(record).catch(() => {}), HELD);
    const { topic, messages } = record;
    const partition = messages[0]?.partition ?? 0;
    const offset = ends.get(`${topic} ${partition}`) ?? 0;
    ends.set(`${topic} ${partition}`, offset + messages.length);
    return [{ topicName: topic, partition, errorCode: 0, baseOffset: `${offset}` }];
  };
  return { ...honest, send };
};
