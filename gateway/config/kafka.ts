/** The brokers, and how the gateway identifies itself to them. */
import { readAuthorities, readPair } from './pem-files.ts';
import type { NameOf, Reader, Variable } from './reader.ts';

export const kafkaVariables = [
  {
    name: 'KAFKA_BROKERS',
    default: '',
    about: 'comma-separated host:port; empty: no Kafka, the feed serves alone',
  },
  { name: 'KAFKA_CLIENT_ID', default: 'lienthong', about: 'client id that the brokers see' },
  { name: 'KAFKA_TLS', default: 'false', about: 'true: TLS to the brokers' },
  { name: 'KAFKA_CA_FILE', default: undefined, about: 'certificate authority (PEM) of the brokers' },
  { name: 'KAFKA_CERT_FILE', default: undefined, about: "the gateway's client certificate (PEM)" },
  { name: 'KAFKA_KEY_FILE', default: undefined, about: 'its private key (PEM)' },
  { name: 'KAFKA_SASL_MECHANISM', default: undefined, about: 'plain, scram-sha-256 or scram-sha-512' },
  { name: 'KAFKA_USERNAME', default: undefined, about: 'SASL user' },
  { name: 'KAFKA_PASSWORD', default: undefined, about: 'SASL password', secret: true },
  { name: 'KAFKA_PARTITIONS', default: '6', about: 'partitions of a new topic' },
  {
    name: 'KAFKA_REPLICATION_FACTOR',
    default: '-1',
    about: "replicas of a new topic; -1: the broker's default",
  },
  { name: 'KAFKA_RETENTION_DAYS', default: '7', about: 'retention of a new topic' },
] as const satisfies readonly Variable[];

type Name = NameOf<typeof kafkaVariables>;

export interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls:
    | {
        readonly caFile: string | undefined;
        readonly certificateFile: string | undefined;
        readonly keyFile: string | undefined;
      }
    | undefined;
  readonly sasl:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | undefined;
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  readonly retentionDays: number;
}

/** @returns `undefined` without brokers; the other variables are looked at all the same */
export function readKafka(read: Reader<Name>): KafkaConfig | undefined {
  const config = {
    brokers: readBrokers(read),
    clientId: read.text('KAFKA_CLIENT_ID')!,
    tls: readTls(read),
    sasl: readSasl(read),
    partitions: read.integer('KAFKA_PARTITIONS', 1, 10_000),
    replicationFactor: read.integer('KAFKA_REPLICATION_FACTOR', -1, 100),
    retentionDays: read.integer('KAFKA_RETENTION_DAYS', 1, 3650),
  };
  if (config.replicationFactor === 0) read.fail('KAFKA_REPLICATION_FACTOR', 'must not be 0');
  if (config.brokers.length > 0) return config;
  for (const name of ['KAFKA_TLS', 'KAFKA_SASL_MECHANISM'] as const) {
    if (read.isSet(name) && read.text(name) !== 'false')
      read.warn(name, 'has no effect without KAFKA_BROKERS');
  }
  return undefined;
}

/** A broker without a port would be asked at port NaN, and for ever. */
function readBrokers(read: Reader<Name>): string[] {
  const brokers = read.list('KAFKA_BROKERS');
  const isBroker = (text: string) => {
    const [, port] = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/.exec(text) ?? [];
    return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
  };
  // `${HOST_A},${HOST_B}` of variables that are not set is no wish to go without Kafka.
  if (!brokers.every(isBroker) || (brokers.length === 0 && read.isSet('KAFKA_BROKERS'))) {
    read.fail('KAFKA_BROKERS', 'must be comma-separated host:port, each with its port');
  }
  return brokers;
}

/** What is only read with TLS, and is given without it, is a connection in the clear that nobody wanted. */
function readTls(read: Reader<Name>): KafkaConfig['tls'] {
  const caFile = readAuthorities(read, 'KAFKA_CA_FILE');
  const pair = readPair(read, 'KAFKA_CERT_FILE', 'KAFKA_KEY_FILE');
  if (read.boolean('KAFKA_TLS')) {
    return { caFile, certificateFile: pair?.certificateFile, keyFile: pair?.keyFile };
  }
  const needless = (['KAFKA_CA_FILE', 'KAFKA_CERT_FILE', 'KAFKA_KEY_FILE'] as const).filter(read.isSet);
  if (needless.length > 0) read.fail('KAFKA_TLS', `must be true with ${needless.join(' and ')}`);
  return undefined;
}

function readSasl(read: Reader<Name>): KafkaConfig['sasl'] {
  const mechanism = read.text('KAFKA_SASL_MECHANISM');
  if (mechanism === undefined) {
    const needless = (['KAFKA_USERNAME', 'KAFKA_PASSWORD'] as const).filter(read.isSet);
    if (needless.length > 0) {
      read.fail('KAFKA_SASL_MECHANISM', `is required with ${needless.join(' and ')}`);
    }
    return undefined;
  }
  if (!isMechanism(mechanism)) {
    return read.fail('KAFKA_SASL_MECHANISM', 'must be plain, scram-sha-256 or scram-sha-512');
  }
  return { mechanism, username: read.required('KAFKA_USERNAME'), password: read.required('KAFKA_PASSWORD') };
}

function isMechanism(value: string): value is 'plain' | 'scram-sha-256' | 'scram-sha-512' {
  return value === 'plain' || value === 'scram-sha-256' || value === 'scram-sha-512';
}
