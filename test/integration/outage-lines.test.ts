/**
 * What the log says while something is away: which dependency, why, and when it is back; not the same thing again for
 * each second and each call. With real servers that are killed and started again.
 */
import t from 'tap';
import { startRegistries } from '../../deploy/sandbox/registries/start.ts';
import { ownPostgres } from '../support/database.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { ownKafka } from '../support/kafka.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';
import { codes, push } from './support/changes.ts';

t.setTimeout(300_000);

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly dependency?: string;
  readonly reason?: string;
  readonly [member: string]: unknown;
}

/** Lines from info up, without those of single calls. */
const linesOf = (gateway: TestGateway, from = 0): Line[] =>
  gateway.log
    .slice(from)
    .flatMap((block) => block.split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
    .filter(({ level, msg }) => !['debug', 'trace'].includes(level) && msg !== 'call');

const ready = async (gateway: TestClient) => (await gateway.operations('/health/ready')).body;

const statesOf = async (gateway: TestClient) =>
  (await ready(gateway)).dependencies as Record<string, { status: string; reason?: string }>;

const about = (lines: readonly Line[], name: string) => lines.filter(({ dependency }) => dependency === name);

const lookUp = (gateway: TestClient) =>
  gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode: codes[0]! });

t.test('a start says that nothing is down', async (t) => {
  const kafka = await ownKafka(t);
  if (!kafka) return;
  const gateway = await startTestGateway(t, { variables: { KAFKA_BROKERS: kafka.brokers.join() } });
  await until(async () => (await statesOf(gateway)).kafka?.status === 'up');
  await until(async () => (await ready(gateway)).status === 'ok');
  const lines = linesOf(gateway);
  t.ok(
    lines.some(({ level }) => level === 'info'),
    'it says something',
  );
  t.strictSame(
    lines.filter(({ level, dependency }) => level === 'error' || dependency !== undefined),
    [],
  );
});

t.test('Kafka is killed: Kafka is named, once, while dozens of attempts fail', async (t) => {
  const kafka = await ownKafka(t);
  if (!kafka) return;
  const gateway = await startTestGateway(t, {
    variables: { KAFKA_BROKERS: kafka.brokers.join(), KAFKA_PARTITIONS: '6' },
  });
  await push(gateway, 1);
  await until(async () => (await ready(gateway)).status === 'ok');
  const from = gateway.log.length;
  await kafka.killBroker(0);
  await push(gateway, 2);
  await until(async () => (await statesOf(gateway)).kafka?.status === 'down');
  // kafkajs itself has something to say of each attempt, for whoever asks for it.
  const chatter = () =>
    gateway.log.slice(from).filter((line) => line.includes('"kafka":"Connection"')).length;
  await until(() => chatter() >= 60);
  t.match(await statesOf(gateway), {
    kafka: { status: 'down', reason: /^(unreachable|no_answer)$/ },
    postgresql: { status: 'up' },
    'kafka topics': { status: 'unknown', reason: 'kafka' },
  });
  const during = linesOf(gateway, from);
  const [down, ...changes] = about(during, 'kafka');
  t.match(down, { level: 'error', msg: 'a dependency is down', reason: /^(unreachable|no_answer)$/ });
  t.ok(changes.length <= 2, 'another reason at most');
  t.ok(during.length <= 10, during.map(({ msg }) => msg).join('; '));

  await kafka.startBroker(0);
  await until(async () => (await ready(gateway)).status === 'ok');
  t.equal(about(linesOf(gateway, from), 'kafka').at(-1)?.msg, 'a dependency is up again');
});

t.test('PostgreSQL is killed: PostgreSQL is named, and nothing that is asked by way of it', async (t) => {
  const postgres = await ownPostgres(t);
  const kafka = await ownKafka(t);
  if (!kafka) return;
  const gateway = await startTestGateway(t, {
    databaseUrl: postgres.url,
    variables: { KAFKA_BROKERS: kafka.brokers.join(), BUSINESS_POLL_SECONDS: '5' },
  });
  await gateway.token('G12.thue');
  await until(async () => (await ready(gateway)).status === 'ok');
  const from = gateway.log.length;
  await postgres.kill();
  await until(async () => (await statesOf(gateway)).postgresql?.status === 'down');
  await until(async () => (await statesOf(gateway))['classes of calls']?.status === 'unknown');
  for (let call = 0; call < 60; call++) t.equal((await lookUp(gateway)).status, 503);
  // Each second the pending writes are looked at.
  const looks = () =>
    gateway.log.slice(from).filter((line) => line.includes('the lease cannot be asked for')).length;
  await until(() => looks() >= 20);
  // What is known of revocations is good for some seconds more.
  await until(async () => (await statesOf(gateway)).revocations?.status === 'down');
  t.match(await statesOf(gateway), {
    postgresql: { status: 'down', reason: 'unreachable' },
    'classes of calls': { status: 'unknown', reason: 'postgresql' },
    revocations: { status: 'down', reason: 'revocations_unknown' },
    kafka: { status: 'up' },
    'kafka topics': { status: 'unknown', reason: 'postgresql' },
    'polling business': { status: 'unknown', reason: 'postgresql' },
  });
  const during = linesOf(gateway, from);
  t.strictSame([...new Set(during.map(({ dependency }) => dependency).filter(Boolean))].sort(), [
    'postgresql',
    'revocations',
  ]);
  t.match(about(during, 'postgresql')[0], { msg: 'a dependency is down', reason: 'unreachable' });
  const often = Map.groupBy(during, ({ msg, reason }) => `${msg} ${reason ?? ''}`);
  for (const [what, lines] of often) t.ok(lines.length <= 4, `${what}: ${lines.length}`);
  t.ok(
    during.filter(({ msg }) => /^(revocations_unknown|evidence_unavailable|store_unavailable)$/.test(msg))
      .length <= 6,
    'sixty calls are no sixty lines',
  );

  await postgres.start();
  await until(async () => (await ready(gateway)).status === 'ok');
  const after = linesOf(gateway, from);
  for (const name of ['postgresql', 'revocations'])
    t.equal(about(after, name).at(-1)?.msg, 'a dependency is up again', name);
  await until(() => linesOf(gateway, from).some(({ msg }) => msg === 'pending writes are looked at again'));
});

t.test('a registry is away: each kind of failure is one line, without a stack', async (t) => {
  const registries = await startRegistries();
  t.teardown(() => registries.close());
  const gateway = await startTestGateway(t, { registries });
  t.equal((await lookUp(gateway)).status, 200);
  const from = gateway.log.length;
  await fetch(`${registries.business.url}/control/faults`, {
    method: 'PUT',
    body: JSON.stringify({ status: 500 }),
  });
  const outcomes: (string | undefined)[] = [];
  for (let call = 0; call < 60; call++) outcomes.push((await lookUp(gateway)).body.code);
  t.ok(outcomes.filter((code) => code === 'upstream_failed').length >= 5);
  t.ok(outcomes.filter((code) => code === 'upstream_unavailable').length >= 40);
  const errors = linesOf(gateway, from).filter(({ msg }) => msg.startsWith('upstream_'));
  t.match(errors, [
    {
      ...{ level: 'error', msg: 'upstream_failed', service: 'business.enterprise.lookup@1' },
      cause: { type: 'UpstreamError', message: 'upstream failed', detail: 'status 500' },
    },
    { msg: 'upstream_unavailable', cause: { message: 'upstream unavailable' } },
  ]);
  t.equal(errors.length, 2);
  t.notMatch(JSON.stringify(errors), 'stack');
  t.ok(
    errors.every(({ requestId }) => typeof requestId === 'string'),
    'the first of each is named',
  );
});
