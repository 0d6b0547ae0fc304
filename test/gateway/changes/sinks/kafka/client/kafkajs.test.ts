/** The seams through which kafkajs is mended: they are there, one that is not is named, and no other client is touched. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import kafkajs, { type Kafka } from 'kafkajs';
import t from 'tap';
import {
  checkKafkajs,
  KafkajsDiffers,
  openKafkajs,
  SEAMS,
} from '../../../../../../gateway/changes/sinks/kafka/client/kafkajs.ts';
import { produceCodec } from '../../../../../../gateway/changes/sinks/kafka/client/produce-request.ts';
import { PRODUCE, scriptedBroker } from '../../../../../support/scripted-broker.ts';
import { settingsAt, unmended } from './support.ts';

t.test('the installed kafkajs has every seam', async () => {
  await checkKafkajs();
});

t.test('each row names the line of kafkajs that sets its member', async (t) => {
  const root = dirname(createRequire(import.meta.url).resolve('kafkajs'));
  for (const [member, place] of Object.entries(SEAMS)) {
    const [file, line] = place.split(':') as [string, string];
    const text = (await readFile(join(root, file), 'utf8')).split('\n')[Number(line) - 1];
    t.match(
      text,
      member === 'private:Kafka:createCluster' ? 'this[PRIVATE.CREATE_CLUSTER] =' : member,
      place,
    );
  }
});

/** Makes a cluster as kafkajs does, without a part. */
function withCluster(cluster: object): typeof Kafka {
  class Client extends kafkajs.Kafka {
    constructor(...given: ConstructorParameters<typeof Kafka>) {
      super(...given);
      const own = this as unknown as Record<symbol, () => object>;
      for (const key of Object.getOwnPropertySymbols(this)) {
        if (key.description === 'private:Kafka:createCluster') own[key] = () => cluster;
      }
    }
  }
  return Client;
}

const nothing = async () => ({});
const differing: Readonly<Record<string, typeof Kafka>> = {
  'private:Kafka:createCluster': class {} as unknown as typeof Kafka,
  createBroker: withCluster({ brokerPool: {}, connectionPoolBuilder: { build: nothing } }),
  build: withCluster({ brokerPool: { createBroker: nothing }, connectionPoolBuilder: {} }),
  lookupRequest: withCluster({
    brokerPool: { createBroker: () => ({}) },
    connectionPoolBuilder: { build: async () => ({ pool: [] }) },
  }),
  scheduleCheckPendingRequests: withCluster({
    brokerPool: { createBroker: nothing },
    connectionPoolBuilder: { build: async () => ({ pool: [{ requestQueue: {} }] }) },
  }),
};

for (const [member, Client] of Object.entries(differing)) {
  t.test(`without ${member}: an error that says where 2.2.4 has it`, async (t) => {
    const error = await checkKafkajs(Client).catch((thrown: unknown) => thrown);
    t.type(error, KafkajsDiffers);
    t.match(error, {
      message: new RegExp(`^kafkajs has no "${member}", which 2\\.2\\.4 has at src/\\S+\\.js:\\d+`),
    });
  });
}

t.test(
  'a codec writes the requests of its version for the client that it was given to, and for no other',
  async (t) => {
    const broker = await scriptedBroker(t, { topics: new Map([['x', 1]]) });
    let written = 0;
    const counting = {
      ...produceCodec,
      encode(...given: Parameters<typeof produceCodec.encode>) {
        written += 1;
        return produceCodec.encode(...given);
      },
    };
    const send = async (kafka: Kafka) => {
      const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
      await producer.connect();
      const answer = await producer.send({
        topic: 'x',
        messages: [{ key: 'k', value: 'v', headers: { ce_id: 'một' } }],
      });
      t.match(answer, [{ topicName: 'x', partition: 0, errorCode: 0 }]);
      await producer.disconnect();
      return written;
    };
    t.equal(await send(openKafkajs(settingsAt(broker.port), [counting])), 1);
    t.equal(
      await send(openKafkajs(settingsAt(broker.port), [{ ...counting, apiVersion: 6 }])),
      1,
      'version 7 is spoken',
    );
    t.equal(await send(unmended(t, broker.port)), 1);
    t.equal(await send(openKafkajs(settingsAt(broker.port))), 1);
    const bodies = broker.asked.filter(({ apiKey }) => apiKey === PRODUCE).map(({ body }) => body.length);
    t.equal(bodies.length, 4);
    t.equal(new Set(bodies).size, 1, 'all four are of the same length');
  },
);
