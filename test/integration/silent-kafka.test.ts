import t from 'tap';
import { spawnTestGateway } from '../support/gateway.ts';
import { silentBroker } from '../support/silent-broker.ts';
import { until } from '../support/until.ts';
import { push } from './support/changes.ts';

t.test(
  'a Kafka that takes connections and says nothing: changes are taken, and the gateway ends',
  async (t) => {
    const { port, accepted } = await silentBroker(t);
    const gateway = await spawnTestGateway(t, {
      variables: { KAFKA_BROKERS: `127.0.0.1:${port}`, LOG_LEVEL: 'info' },
    });
    await push(gateway, 1);
    await until(() => accepted() > 0);
    const ready = async () => (await gateway.operations('/health/ready')).body;
    const kafkaOf = async () =>
      ((await ready()).dependencies as Record<string, { readonly status: string }>).kafka?.status;
    await until(async () => (await kafkaOf()) === 'down');
    t.match(await ready(), {
      status: 'degraded',
      dependencies: {
        kafka: { status: 'down', reason: 'no_answer' },
        'kafka topics': { status: 'unknown', reason: 'kafka' },
      },
    });
    t.match(await gateway.process.end('SIGTERM'), { code: 0, signal: null });
  },
);

t.test('the end does not wait for calls that such a Kafka has just been sent', async (t) => {
  let requests = 0;
  const { port } = await silentBroker(t, 0, () => {
    requests++;
  });
  const gateway = await spawnTestGateway(t, {
    variables: { KAFKA_BROKERS: `127.0.0.1:${port}`, LOG_LEVEL: 'info' },
  });
  await gateway.process.line(/"relay kafka".*"leading"/);
  // Topics are being opened and kept by now; each request alone would have ten seconds.
  await until(() => requests > 0);
  const from = performance.now();
  t.match(await gateway.process.end('SIGTERM'), { code: 0, signal: null });
  const took = performance.now() - from;
  t.ok(took < 6000, `${Math.round(took)} ms`);
});
