/** A client of kafkajs asks for the metadata of all topics at once that it ever had to do with, and fails when one is gone. */
import t from 'tap';
import type { ChangeEvent } from '../../../../../../gateway/changes/render/event.ts';
import { openKafkaAdmin } from '../../../../../../gateway/changes/sinks/kafka/client/kafka-admin.ts';
import { openTopicWriter } from '../../../../../../gateway/changes/sinks/kafka/topics/topic-writer.ts';
import { endsOf } from '../../../../../../gateway/changes/sinks/kafka/topics/topics.ts';
import { createMetrics } from '../../../../../../gateway/telemetry/metrics.ts';
import { scriptedBroker } from '../../../../../support/scripted-broker.ts';
import { log } from '../../../support.ts';
import { settingsAt, unmended } from './support.ts';

const NOT_LEADER_FOR_PARTITION = 6;
const UNKNOWN = { cause: { type: 'UNKNOWN_TOPIC_OR_PARTITION' } };

t.test('a topic that was deleted, and an admin that was asked about it before', async (t) => {
  const topics = new Map([
    ['gone', 1],
    ['here', 2],
  ]);
  const broker = await scriptedBroker(t, { topics });
  const admin = unmended(t, broker.port, { retry: { retries: 0 } }).admin();
  t.teardown(() => admin.disconnect());
  await admin.connect();
  const own = openKafkaAdmin(settingsAt(broker.port));
  t.teardown(() => own.close());
  t.equal((await endsOf(admin, 'gone')).size, 1);
  t.equal((await own.runAlone((one) => endsOf(one, 'gone'))).size, 1);
  topics.delete('gone');
  await t.rejects(endsOf(admin, 'here'), UNKNOWN, 'kafkajs: it asks for both, and says nothing of the other');
  t.equal(
    (await own.runAlone((one) => endsOf(one, 'here'))).size,
    2,
    'a client of its own was asked about no other topic',
  );
});

t.test('a topic that was deleted, and a leader of another that moves', async (t) => {
  const topics = new Map([
    ['gone', 1],
    ['here', 1],
  ]);
  const produceErrors: number[] = [];
  const broker = await scriptedBroker(t, { topics, produceErrors });
  const producer = unmended(t, broker.port, { retry: { retries: 0 } }).producer({
    createPartitioner: () => () => 0,
  });
  t.teardown(() => producer.disconnect());
  await producer.connect();
  const send = (topic: string) => producer.send({ topic, messages: [{ key: 'k', value: 'v' }] });
  await send('gone');
  await send('here');

  const admin = openKafkaAdmin(settingsAt(broker.port));
  t.teardown(() => admin.close());
  const [gone, here] = ['gone', 'here'].map((topic) =>
    openTopicWriter({
      ...{ topic, admin, log, shape: { partitions: 1, batchBytes: 1_000_000 } },
      ...{ client: settingsAt(broker.port), metrics: createMetrics() },
    }),
  ) as [ReturnType<typeof openTopicWriter>, ReturnType<typeof openTopicWriter>];
  t.teardown(() => Promise.all([gone.close(1000), here.close(1000)]));
  const fence = { held: () => true, signal: new AbortController().signal };
  await gone.send([event], fence);
  await here.send([event], fence);

  topics.delete('gone');
  produceErrors.push(NOT_LEADER_FOR_PARTITION);
  await t.rejects(send('here'), UNKNOWN, 'kafkajs: it asks for both, and blames the one for the other');
  produceErrors.push(NOT_LEADER_FOR_PARTITION);
  t.same(await here.send([event], fence), [], 'a writer knows its own topic only');
});

const event: ChangeEvent = {
  ...{ id: 'a', source: 's', type: 't', subject: 'k', time: '2026-11-30T00:00:00Z', dataschema: 'd' },
  ...{ sequence: '1', entityversion: '1', agreement: 'TT-1', data: '{}' },
};
