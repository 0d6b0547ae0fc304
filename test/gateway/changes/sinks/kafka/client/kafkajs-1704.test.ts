/**
 * A connection without requests sets no timer: https://github.com/tulios/kafkajs/issues/1704, and 1751 for the warning of
 * Node. If the first test fails, kafkajs was mended.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import t, { type Test } from 'tap';
import { openKafkajs } from '../../../../../../gateway/changes/sinks/kafka/client/kafkajs.ts';
import { PRODUCE, scriptedBroker } from '../../../../../support/scripted-broker.ts';
import { settingsAt, unmended } from './support.ts';

/** kafkajs asks for a delay below zero when it has nothing to wait for. */
const isNeedless = (delay: unknown) => typeof delay === 'number' && delay < 0;

/** Timers that an idle client sets until a tenth of a second has passed. */
async function needlessTimers(t: Test, kafka: Kafka): Promise<number> {
  const admin = kafka.admin();
  t.teardown(() => admin.disconnect());
  await admin.connect();
  await admin.describeCluster();
  const real = globalThis.setTimeout;
  const timers = t.capture(globalThis, 'setTimeout', real);
  await wait(100);
  const delays = timers().map(({ args: [, delay] }) => delay);
  globalThis.setTimeout = real;
  return delays.filter(isNeedless).length;
}

t.test('kafkajs: an idle connection sets one timer after the other', async (t) => {
  const broker = await scriptedBroker(t);
  t.ok((await needlessTimers(t, unmended(t, broker.port))) > 5);
});

t.test('mended: it sets none', async (t) => {
  const broker = await scriptedBroker(t);
  t.equal(await needlessTimers(t, openKafkajs(settingsAt(broker.port))), 0);
});

t.test('mended: a request that a broker puts off is sent when the time is over', async (t) => {
  const throttle = 150;
  const broker = await scriptedBroker(t, { topics: new Map([['x', 1]]), throttle });
  const producer = openKafkajs(settingsAt(broker.port)).producer({ createPartitioner: () => () => 0 });
  t.teardown(() => producer.disconnect());
  await producer.connect();
  const send = () => producer.send({ topic: 'x', messages: [{ value: 'v' }] });
  await send();
  const began = performance.now();
  await send();
  t.ok(performance.now() - began >= throttle - 20, 'it waited');
  t.equal(broker.asked.filter(({ apiKey }) => apiKey === PRODUCE).length, 2);
});
