/**
 * What kafkajs loses when a partition's leader moves during a write (kafkajs #1303), this sink must not: three brokers,
 * each taken away in turn, by a crash and in good order, while changes come in.
 */
import t from 'tap';
import { ownKafka } from '../../../../support/kafka.ts';
import { changeOf, publication, stream, until } from '../../support.ts';
import { configOf, examine, listen, openFlow } from './support.ts';

t.setTimeout(300_000);
const SUBJECTS = 200;

t.test('leaders move: every change arrives, first deliveries in order, no number is missing', async (t) => {
  const cluster = await ownKafka(t, { brokers: 3 });
  if (!cluster) return;
  const { changes, topic, sent } = await openFlow(t, configOf(cluster.brokers, { partitions: 6 }));
  let version = 0;
  let moving = true;
  const publishing = (async () => {
    while (moving) {
      version += 1;
      const batch = Array.from({ length: SUBJECTS }, (_, n) => changeOf(n, version));
      await changes.publish(stream, { changes: batch }, publication);
      // As fast as it goes, but not so far ahead that the test grows without end.
      await until(async () => !moving || (await sent()) > (version - 10) * SUBJECTS);
    }
  })();
  const moves = async (count: number) => {
    const from = await sent();
    await until(async () => (await sent()) >= from + count * SUBJECTS);
  };
  await moves(3);
  await cluster.killBroker(0);
  await moves(5);
  await cluster.startBroker(0);
  await moves(5);
  await cluster.stopBroker(1);
  await moves(5);
  await cluster.startBroker(1);
  await moves(5);
  await cluster.killBroker(2);
  await moves(5);
  await cluster.startBroker(2);
  moving = false;
  await publishing;
  const total = version * SUBJECTS;
  await until(async () => (await sent()) === total);

  const received = await listen(t, topic, { brokers: [...cluster.brokers] });
  await until(() => examine(received).distinct === total);
  t.same(examine(received), { distinct: total, highest: total, outOfOrder: 0 });
  t.comment(`sent ${total}, received ${received.length}, repeated ${received.length - total}`);
});
