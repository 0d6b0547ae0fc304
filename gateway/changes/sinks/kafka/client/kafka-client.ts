/** Derives kafkajs' configuration from the gateway's. */
import kafkajs, { type KafkaConfig as ClientConfig, type logCreator } from 'kafkajs';
import type { Logger } from 'pino';
import type { KafkaConfig } from '../../../../config/kafka.ts';

/** Milliseconds. The broker ends a write before the client's time-out, so that the client learns the outcome. */
export const WRITE_TIMEOUT = 8000;
const REQUEST_TIMEOUT = 10_000;

export function clientConfig(config: KafkaConfig, log: Logger): ClientConfig {
  return {
    clientId: config.clientId,
    brokers: [...config.brokers],
    ssl: tls(config),
    sasl: sasl(config),
    connectionTimeout: 3000,
    authenticationTimeout: 5000,
    requestTimeout: REQUEST_TIMEOUT,
    // For connections and metadata only: the sink itself retries writes, after a check of the lease before each attempt.
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1000 },
    logLevel: kafkajs.logLevel.INFO,
    logCreator: logTo(log),
  };
}

function tls({ tls }: KafkaConfig): ClientConfig['ssl'] {
  if (!tls) return undefined;
  const { authorities, client } = tls;
  if (!authorities && !client) return true;
  return {
    ...(authorities && { ca: [authorities] }),
    ...(client && { cert: client.certificate, key: client.key }),
  };
}

/** The `switch` narrows the mechanism, because kafkajs' type is a union by mechanism. */
function sasl({ sasl }: KafkaConfig): ClientConfig['sasl'] {
  if (!sasl) return undefined;
  const { mechanism, username, password } = sasl;
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
  }
}

/**
 * Writes kafkajs' log lines at level `debug`: kafkajs logs every lost connection as an error, which makes hundreds of lines a minute
 * during an outage. The sink and the readiness document report outages themselves. The lines hold names and addresses only, never a
 * key, a value or a header.
 */
function logTo(log: Logger): logCreator {
  return () =>
    ({ namespace, log: entry }) => {
      const { message, broker, error, retryCount } = entry;
      log.debug({ kafka: namespace, broker, error, retryCount }, message);
    };
}
