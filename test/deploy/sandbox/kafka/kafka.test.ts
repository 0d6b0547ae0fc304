import { readFile } from 'node:fs/promises';
import kafkajs, { type KafkaConfig, type Message } from 'kafkajs';
import t from 'tap';
import { kafkaForTests, ownKafka } from '../../../support/kafka.ts';

const { Kafka, logLevel } = kafkajs;

async function produce(config: KafkaConfig, topic: string, messages: Message[]): Promise<void> {
  const producer = new Kafka({ logLevel: logLevel.NOTHING, ...config }).producer();
  await producer.connect();
  try {
    await producer.send({ topic, acks: -1, messages });
  } finally {
    await producer.disconnect();
  }
}

/** The values of the first `count` messages of a topic. */
async function consume(config: KafkaConfig, topic: string, count: number): Promise<string[]> {
  const consumer = new Kafka({ logLevel: logLevel.NOTHING, ...config }).consumer({
    groupId: `${topic}-readers`,
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    const values: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
        values.push(String(message.value));
        if (values.length === count) resolve();
      };
      consumer.run({ eachMessage }).catch(reject);
    });
    return values;
  } finally {
    await consumer.disconnect();
  }
}

t.test('messages go through a broker', async (t) => {
  const kafka = await kafkaForTests(t);
  if (!kafka) return;
  const brokers = [...kafka.brokers];
  const topic = await kafka.freshTopic();
  await produce({ brokers }, topic, [{ value: 'one' }, { value: 'two' }]);
  t.same(await consume({ brokers }, topic, 2), ['one', 'two']);

  const unknown = produce({ brokers, retry: { retries: 0 } }, 'never-made', [{ value: 'x' }]);
  await t.rejects(unknown, { message: /does not host this topic-partition/ });
});

t.test('a broker that was killed starts again with its messages', async (t) => {
  const cluster = await ownKafka(t);
  if (!cluster) return;
  const brokers = [...cluster.brokers];
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'kept' }], waitForLeaders: true });
  await admin.disconnect();
  await produce({ brokers }, 'kept', [{ value: 'before' }]);

  await cluster.killBroker(0);
  await t.rejects(produce({ brokers, retry: { retries: 0 } }, 'kept', [{ value: 'lost' }]));
  await cluster.startBroker(0);

  await produce({ brokers }, 'kept', [{ value: 'after' }]);
  t.same(await consume({ brokers }, 'kept', 2), ['before', 'after']);
});

t.test('TLS and SCRAM-SHA-512', async (t) => {
  const credentials = { username: 'gateway', password: 's3cret' };
  const cluster = await ownKafka(t, { sasl: credentials });
  if (!cluster) return;
  const { brokers, caFile } = cluster.secure!;
  const ca = await readFile(caFile, 'utf8');
  // A new object each time: kafkajs writes an authentication with the password into the one that it is given.
  const secured = (password = credentials.password) => ({
    brokers: [...brokers],
    ssl: { ca },
    sasl: { mechanism: 'scram-sha-512' as const, username: credentials.username, password },
    retry: { retries: 0 },
  });
  const admin = new Kafka({ ...secured(), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'secret' }], waitForLeaders: true });
  await admin.disconnect();

  const messages = [{ value: 'sealed' }];
  await produce(secured(), 'secret', messages);
  t.same(await consume({ brokers: [...cluster.brokers] }, 'secret', 1), ['sealed']);

  await t.rejects(produce(secured('guess'), 'secret', messages), { message: /invalid credentials/ });
  await t.rejects(produce({ ...secured(), ssl: true }, 'secret', messages), 'an unknown authority');
  await t.rejects(produce({ ...secured(), ssl: false }, 'secret', messages), 'no TLS');
});
