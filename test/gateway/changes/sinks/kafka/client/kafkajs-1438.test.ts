/**
 * What kafkajs leaves open, and whom it lets wait: https://github.com/tulios/kafkajs/issues/1438. The clients of
 * `kafka-connection.ts` have the same settings and end. Where the first assertion of a test fails, kafkajs was mended.
 */
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { freePort } from '../../../../../../deploy/sandbox/processes/free-port.ts';
import {
  KafkaSilent,
  openConnection,
} from '../../../../../../gateway/changes/sinks/kafka/client/kafka-connection.ts';
import { type Asked, METADATA, scriptedBroker } from '../../../../../support/scripted-broker.ts';
import { silentBroker } from '../../../../../support/silent-broker.ts';
import { until } from '../../../support.ts';
import { settingsAt, settles, unmended } from './support.ts';

const REQUEST_TIMEOUT = 300;
/** So long that every timer of kafkajs would have rung. */
const LONG = 4 * REQUEST_TIMEOUT;
const limits = {
  requestTimeout: REQUEST_TIMEOUT,
  authenticationTimeout: REQUEST_TIMEOUT,
  retry: { retries: 0 },
};

/** Microtasks from a call to its request, and more: at one of them a client that is disconnected is between two states. */
const MOMENTS = 24;

/** Answers requests for metadata until the client has connected and asked once. */
const isLate = (most: number) => {
  let count = 0;
  return ({ apiKey }: Asked) => apiKey === METADATA && ++count > most;
};

async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await undefined;
}

t.test('a request that is written while its client is being disconnected', async (t) => {
  const broker = await scriptedBroker(t, { isSilent: isLate(2 * MOMENTS), allowHalfOpen: true });
  const clients = Array.from({ length: MOMENTS }, () => unmended(t, broker.port, limits).admin());
  for (const admin of clients) {
    await admin.connect();
    await admin.describeCluster();
  }
  const calls = clients.map(async (admin, moment) => {
    const call = admin.describeCluster();
    await microtasks(moment);
    void admin.disconnect();
    return settles(call, LONG);
  });
  t.ok((await Promise.all(calls)).includes(false), 'kafkajs: it has no timer, and its promise never settles');

  const other = await scriptedBroker(t, { isSilent: isLate(2 * MOMENTS), allowHalfOpen: true });
  const own = Array.from({ length: MOMENTS }, () =>
    openConnection(settingsAt(other.port, limits), (kafka) => kafka.admin()),
  );
  for (const connection of own) await connection.call(10_000, (one) => one.describeCluster());
  const ours = own.map(async (connection, moment) => {
    const call = connection.call(60_000, (one) => one.describeCluster());
    await microtasks(moment);
    void connection.close(10);
    return settles(call, LONG);
  });
  t.notOk((await Promise.all(ours)).includes(false));
  t.ok(
    own.every(({ abandoned }) => abandoned),
    'nothing is left open on this side',
  );
});

t.test('a SASL exchange that is not answered', async (t) => {
  const broker = await scriptedBroker(t);
  const sasl = { mechanism: 'plain', username: 'u', password: 'p' } as const;
  const admin = unmended(t, broker.port, { ...limits, sasl }).admin();
  t.notOk(await settles(admin.connect(), LONG), 'kafkajs: no timer bounds it');
  const own = openConnection(settingsAt(broker.port, { ...limits, sasl }), (kafka) => kafka.admin());
  await t.rejects(
    own.call(LONG, (one) => one.describeCluster()),
    KafkaSilent,
  );
});

t.test('a client that was disconnected while it tried to connect', async (t) => {
  const port = await freePort();
  const retry = { retries: 10, initialRetryTime: 100, maxRetryTime: 100 };
  const admin = unmended(t, port, { retry }).admin();
  const connecting = admin.connect().catch(() => {});
  const own = openConnection(settingsAt(port, { retry }), (kafka) => kafka.admin());
  const call = t.rejects(
    own.call(60_000, (one) => one.describeCluster()),
    KafkaSilent,
  );
  await wait(20);
  await admin.disconnect();
  await own.close(10);
  await call;
  const broker = await silentBroker(t, port);
  await until(() => broker.accepted() > 0);
  // By then a client with the same settings that went on would have been there as well.
  await wait(3 * retry.maxRetryTime);
  t.equal(broker.accepted(), 1, 'kafkajs: it connects all the same; ours does not');
  for (const socket of broker.open) socket.destroy();
  await connecting;
});
