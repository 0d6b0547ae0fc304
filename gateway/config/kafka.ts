/** The addresses of the brokers, the gateway's credentials for them, and the settings of topics. */
import { flag, integer, list, text } from '../../adapters/config/parsers.ts';
import type { Owner, Reader, Report } from '../../adapters/config/variables.ts';
import { authorities, type PemPair, readPair } from './pem-files.ts';

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
type Mechanism = (typeof MECHANISMS)[number];

export const kafka = {
  title: 'Kafka',
  variables: [
    {
      name: 'KAFKA_BROKERS',
      default: '',
      about: 'comma-separated host:port; empty: no Kafka, the feed serves alone',
      parse: readBrokers,
    },
    { name: 'KAFKA_CLIENT_ID', default: 'lienthong', about: 'client id that the brokers see', parse: text },
    { name: 'KAFKA_TLS', default: 'false', about: 'true: TLS to the brokers', parse: flag },
    {
      name: 'KAFKA_CA_FILE',
      default: undefined,
      about: 'certificate authority (PEM) of the brokers',
      parse: authorities,
    },
    {
      name: 'KAFKA_CERT_FILE',
      default: undefined,
      about: "the gateway's client certificate (PEM)",
      parse: text,
    },
    { name: 'KAFKA_KEY_FILE', default: undefined, about: 'its private key (PEM)', parse: text },
    {
      name: 'KAFKA_SASL_MECHANISM',
      default: undefined,
      about: 'plain, scram-sha-256 or scram-sha-512',
      parse: readMechanism,
    },
    { name: 'KAFKA_USERNAME', default: undefined, about: 'SASL user', parse: text },
    { name: 'KAFKA_PASSWORD', default: undefined, about: 'SASL password', secret: true, parse: text },
    { name: 'KAFKA_PARTITIONS', default: '6', about: 'partitions of a new topic', parse: integer(1, 10_000) },
    {
      name: 'KAFKA_REPLICATION_FACTOR',
      default: '-1',
      about: "replicas of a new topic; -1: the broker's default",
      parse: readReplicationFactor,
    },
    {
      name: 'KAFKA_RETENTION_DAYS',
      default: '7',
      about: 'retention of a new topic',
      parse: integer(1, 3650),
    },
  ],
} as const satisfies Owner;

type Rows = typeof kafka.variables;

export interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls:
    | {
        /** PEM. */
        readonly authorities: string | undefined;
        /** The gateway's own certificate. */
        readonly client: PemPair | undefined;
      }
    | undefined;
  readonly sasl:
    | {
        readonly mechanism: Mechanism;
        readonly username: string;
        readonly password: string;
      }
    | undefined;
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  readonly retentionDays: number;
}

const WITHOUT_BROKERS = 'has no effect without KAFKA_BROKERS';

/** @returns `undefined` without brokers; the other variables are validated nevertheless */
export function readKafka(read: Reader<Rows>): KafkaConfig | undefined {
  const config = {
    brokers: read.value('KAFKA_BROKERS'),
    clientId: read.value('KAFKA_CLIENT_ID'),
    tls: readTls(read),
    sasl: readSasl(read),
    partitions: read.value('KAFKA_PARTITIONS'),
    replicationFactor: read.value('KAFKA_REPLICATION_FACTOR'),
    retentionDays: read.value('KAFKA_RETENTION_DAYS'),
  };
  if (config.brokers.length > 0) return config;
  if (config.tls) read.warn('KAFKA_TLS', WITHOUT_BROKERS);
  if (config.sasl) read.warn('KAFKA_SASL_MECHANISM', WITHOUT_BROKERS);
  return undefined;
}

/** Requires a port, because kafkajs would connect to port NaN endlessly. Refuses IPv6 addresses, which kafkajs cuts at the first colon. */
function readBrokers(text: string, report: Report): string[] {
  const brokers = list(text, report);
  const isBroker = (broker: string) => {
    const [, port] = /^[A-Za-z0-9._-]+:(\d{1,5})$/.exec(broker) ?? [];
    return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
  };
  if (brokers.some((broker) => broker.startsWith('['))) {
    report.fail(
      'must name a broker by a host name or an IPv4 address: the Kafka client takes no IPv6 address',
    );
    return brokers;
  }
  // `${HOST_A},${HOST_B}` with unset variables becomes a list of empty names, which does not mean "without Kafka".
  if (!brokers.every(isBroker) || (brokers.length === 0 && text !== '')) {
    report.fail('must be comma-separated host:port, each with its port');
  }
  return brokers;
}

function readReplicationFactor(text: string, report: Report): number {
  const value = integer(-1, 100)(text, report);
  if (value === 0) report.fail('must not be 0');
  return value;
}

/** Refuses certificates without `KAFKA_TLS`, because the connection would not be encrypted although the operator expects it. */
function readTls(read: Reader<Rows>): KafkaConfig['tls'] {
  const known = read.value('KAFKA_CA_FILE');
  const client = readPair(read, 'KAFKA_CERT_FILE', 'KAFKA_KEY_FILE');
  if (read.value('KAFKA_TLS')) return { authorities: known?.pem, client };
  const needless = (['KAFKA_CA_FILE', 'KAFKA_CERT_FILE', 'KAFKA_KEY_FILE'] as const).filter(read.isSet);
  if (needless.length > 0) read.fail('KAFKA_TLS', `must be true with ${needless.join(' and ')}`);
  return undefined;
}

function readSasl(read: Reader<Rows>): KafkaConfig['sasl'] {
  if (!read.isSet('KAFKA_SASL_MECHANISM')) {
    const needless = (['KAFKA_USERNAME', 'KAFKA_PASSWORD'] as const).filter(read.isSet);
    if (needless.length > 0) {
      read.fail('KAFKA_SASL_MECHANISM', `is required with ${needless.join(' and ')}`);
    }
    return undefined;
  }
  const mechanism = read.value('KAFKA_SASL_MECHANISM');
  if (mechanism === undefined) return undefined;
  return { mechanism, username: read.required('KAFKA_USERNAME'), password: read.required('KAFKA_PASSWORD') };
}

function readMechanism(text: string, report: Report): Mechanism | undefined {
  return (
    MECHANISMS.find((mechanism) => mechanism === text) ??
    report.fail('must be plain, scram-sha-256 or scram-sha-512')
  );
}
