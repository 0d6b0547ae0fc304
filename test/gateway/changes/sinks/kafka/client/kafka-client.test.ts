import { pino } from 'pino';
import t from 'tap';
import { clientConfig } from '../../../../../../gateway/changes/sinks/kafka/client/kafka-client.ts';
import { topicConfig } from '../../../../../../gateway/changes/sinks/kafka/topics/topics.ts';
import type { KafkaConfig } from '../../../../../../gateway/config/kafka.ts';

const plain: KafkaConfig = {
  brokers: ['a:9092', 'b:9092'],
  clientId: 'lienthong',
  tls: undefined,
  sasl: undefined,
  partitions: 6,
  replicationFactor: -1,
  retentionDays: 7,
};
const log = pino({ level: 'silent' });

t.test('without TLS and SASL', async (t) => {
  t.match(clientConfig(plain, log), {
    clientId: 'lienthong',
    brokers: ['a:9092', 'b:9092'],
    ssl: undefined,
    sasl: undefined,
  });
});

t.test('TLS by the authorities of the system, or by those that are named', async (t) => {
  const none = { authorities: undefined, client: undefined };
  t.equal(clientConfig({ ...plain, tls: none }, log).ssl, true);
  t.same(clientConfig({ ...plain, tls: { ...none, authorities: 'CA' } }, log).ssl, { ca: ['CA'] });
  const client = { certificate: 'CERT', key: 'KEY' };
  t.same(clientConfig({ ...plain, tls: { authorities: 'CA', client } }, log).ssl, {
    ca: ['CA'],
    cert: 'CERT',
    key: 'KEY',
  });
});

t.test('each SASL mechanism', async (t) => {
  for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
    const sasl = { mechanism, username: 'u', password: 'p' };
    t.same(clientConfig({ ...plain, sasl }, log).sasl, sasl);
  }
});

t.test('the log lines of kafkajs hold names and addresses only', async (t) => {
  const lines: string[] = [];
  const own = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) });
  const { logCreator } = clientConfig(plain, own);
  const entry = {
    timestamp: '',
    message: 'Connection error',
    broker: 'a:9092',
    stack: 'at x',
    buffer: '001085000001',
  };
  logCreator!(1)({ namespace: 'Connection', level: 1, label: 'ERROR', log: entry });
  t.match(JSON.parse(lines[0]!), { kafka: 'Connection', broker: 'a:9092', msg: 'Connection error' });
  t.notMatch(lines[0], '001085000001');
});

t.test('a topic keeps its messages for some days, on as many replicas as it may', async (t) => {
  const entries = (replicas: number) =>
    Object.fromEntries(
      topicConfig('x', plain, replicas).configEntries.map(({ name, value }) => [name, value]),
    );
  t.same(entries(3), {
    'cleanup.policy': 'delete',
    'retention.ms': '604800000',
    'min.insync.replicas': '2',
    'max.message.bytes': '1048588',
  });
  t.equal(entries(1)['min.insync.replicas'], '1');
});
