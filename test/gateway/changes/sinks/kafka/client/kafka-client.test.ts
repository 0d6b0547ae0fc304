import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

t.test('TLS by the authorities of the system, or by files', async (t) => {
  const none = { caFile: undefined, certificateFile: undefined, keyFile: undefined };
  t.equal(clientConfig({ ...plain, tls: none }, log).ssl, true);
  const directory = t.testdir();
  const [caFile, certificateFile, keyFile] = ['ca', 'cert', 'key'].map((name) =>
    join(directory, `${name}.pem`),
  );
  for (const [file, text] of [
    [caFile, 'CA'],
    [certificateFile, 'CERT'],
    [keyFile, 'KEY'],
  ])
    await writeFile(file!, text!);
  t.same(clientConfig({ ...plain, tls: { ...none, caFile } }, log).ssl, { ca: [Buffer.from('CA')] });
  t.same(clientConfig({ ...plain, tls: { caFile, certificateFile, keyFile } }, log).ssl, {
    ca: [Buffer.from('CA')],
    cert: Buffer.from('CERT'),
    key: Buffer.from('KEY'),
  });
  t.throws(() => clientConfig({ ...plain, tls: { ...none, caFile: join(directory, 'missing.pem') } }, log));
});

t.test('each SASL mechanism', async (t) => {
  for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
    const sasl = { mechanism, username: 'u', password: 'p' };
    t.same(clientConfig({ ...plain, sasl }, log).sasl, sasl);
  }
});

t.test('what kafkajs logs carries names and addresses only', async (t) => {
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
