/**
 * kafkajs for tests, with an end: a consumer or admin that does not disconnect in time fails the test that it belongs to,
 * by name, and takes nothing with it. (`disconnect()` of kafkajs may wait for ever, and sockets that it has forgotten
 * keep a process from ending.)
 */
import { randomUUID } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import kafkajs, {
  type Admin,
  type KafkaConfig as ClientConfig,
  type Consumer,
  type ConsumerConfig,
  type EachMessagePayload,
  type ISocketFactoryArgs,
} from 'kafkajs';
import type { Test } from 'tap';

const END_WITHIN = 20_000;

type Hooks = Pick<Test, 'teardown'>;

/**
 * A consumer of `topic` from its beginning, in a group of its own unless `config` names one.
 * @throws what Kafka says when it does not let it
 */
export async function consume(
  test: Hooks,
  client: ClientConfig,
  topic: string,
  eachMessage: (payload: EachMessagePayload) => Promise<void>,
  config: Partial<ConsumerConfig> = {},
): Promise<Consumer> {
  const { kafka, end } = connect(client);
  const consumer = kafka.consumer({ groupId: `test-${randomUUID()}`, ...config });
  test.teardown(() => end(consumer, `the consumer of ${topic}`));
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let crash: Error | undefined;
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) crash = error;
  });
  await consumer.run({ eachMessage });
  // run() resolves although the group refused us.
  if (crash) throw crash;
  return consumer;
}

/** An admin until the test ends. */
export async function administrator(test: Hooks, client: ClientConfig): Promise<Admin> {
  const { kafka, end } = connect(client);
  const admin = kafka.admin();
  test.teardown(() => end(admin, 'an admin client'));
  await admin.connect();
  return admin;
}

/** Runs `work` with an admin of its own. */
export async function administer<T>(client: ClientConfig, work: (admin: Admin) => Promise<T>): Promise<T> {
  const { kafka, end } = connect(client);
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await end(admin, 'an admin client');
  }
}

function connect(client: ClientConfig) {
  const sockets = new Set<net.Socket>();
  const socketFactory = ({ host, port, ssl, onConnect }: ISocketFactoryArgs): net.Socket => {
    const socket = ssl
      ? tls.connect({ host, port, ...ssl }, onConnect)
      : net.connect({ host, port }, onConnect);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const kafka = new kafkajs.Kafka({ logLevel: kafkajs.logLevel.NOTHING, ...client, socketFactory });

  async function end(one: { disconnect(): Promise<void> }, name: string): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`${name} did not disconnect within ${END_WITHIN} ms`)),
      END_WITHIN,
    );
    try {
      await Promise.race([one.disconnect(), late.promise]);
    } finally {
      clearTimeout(timer);
      const over = new Error('the test is over');
      for (const socket of sockets) socket.destroy(socket.writableEnded ? undefined : over);
    }
  }

  return { kafka, end };
}
