/** Calls that kafkajs never settles are abandoned, and leave nothing open. Against real sockets whose other end is silent. */
import t from 'tap';
import { clientConfig } from '../../../../../../gateway/changes/sinks/kafka/client/kafka-client.ts';
import {
  KafkaSilent,
  openConnection,
} from '../../../../../../gateway/changes/sinks/kafka/client/kafka-connection.ts';
import { silentBroker } from '../../../../../support/silent-broker.ts';
import { log, until } from '../../../support.ts';
import { configOf } from '../support.ts';

const adminAt = (port: number) =>
  openConnection(clientConfig(configOf([`127.0.0.1:${port}`]), log), (kafka) => kafka.admin());

t.test('a call that is not answered in time is given up, with its connections', async (t) => {
  const broker = await silentBroker(t);
  const connection = adminAt(broker.port);
  await t.rejects(
    connection.call(300, (admin) => admin.describeCluster()),
    KafkaSilent,
  );
  t.equal(broker.accepted(), 1);
  t.ok(connection.abandoned);
  await until(() => broker.open.size === 0);
  await t.rejects(
    connection.call(300, (admin) => admin.describeCluster()),
    KafkaSilent,
    'it never answers again',
  );
  await connection.close(1000);
});

t.test('closing does not wait for an answer, and fails what waits for one', async (t) => {
  const broker = await silentBroker(t);
  const connection = adminAt(broker.port);
  const call = t.rejects(
    connection.call(60_000, (admin) => admin.describeCluster()),
    KafkaSilent,
  );
  await until(() => broker.accepted() === 1);
  await connection.close(100);
  await call;
  await until(() => broker.open.size === 0);
});
