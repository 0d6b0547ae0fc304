import { randomBytes } from 'node:crypto';
import type { KafkaConfig as ClientConfig, ConsumerConfig } from 'kafkajs';
import type { Logger } from 'pino';
import type { KafkaConfig } from '../../../../../gateway/config/kafka.ts';
import { createMetrics } from '../../../../../gateway/telemetry/metrics.ts';
import type { freshDatabase } from '../../../../support/database.ts';
import { consume } from '../../../../support/kafka-client.ts';
import { catalogOf, grantOf, log as silent, startFlow } from '../../support.ts';

type Tap = Parameters<typeof freshDatabase>[0];

export const configOf = (brokers: readonly string[], more: Partial<KafkaConfig> = {}): KafkaConfig => ({
  brokers,
  clientId: 'lienthong-test',
  tls: undefined,
  sasl: undefined,
  partitions: 3,
  replicationFactor: -1,
  retentionDays: 7,
  ...more,
});

export interface Received {
  key: string;
  partition: number;
  headers: Record<string, string>;
  data: { version: number; operation: string; changedFields: string[]; state?: unknown };
}

/** Everything in a topic, in each partition's order; grows while the test runs. */
export async function listen(
  t: Tap,
  topic: string,
  client: ClientConfig,
  config: Partial<ConsumerConfig> = {},
): Promise<Received[]> {
  const received: Received[] = [];
  await consume(
    t,
    client,
    topic,
    async ({ partition, message }) => {
      received.push({
        key: String(message.key),
        partition,
        headers: Object.fromEntries(
          Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
        ),
        data: JSON.parse(String(message.value)),
      });
    },
    { retry: { retries: 100, maxRetryTime: 500 }, ...config },
  );
  return received;
}

/** The whole event flow under one agreement, to a real Kafka. */
export async function openFlow(t: Tap, kafka: KafkaConfig, log: Logger = silent) {
  const agreement = `TT-${randomBytes(6).toString('hex')}`;
  const metrics = createMetrics();
  const { changes, pool } = await startFlow(t, {
    ...{ catalog: catalogOf(grantOf(agreement)), metrics, log, config: { kafka } },
  });
  const sent = async () =>
    (await pool.query<{ sequence: number }>('SELECT sequence FROM relay_cursor')).rows[0]?.sequence ?? 0;
  return { agreement, changes, metrics, pool, sent, topic: `lienthong.business.enterprise.${agreement}.g1` };
}

/** First deliveries by subject, to be in order of version; and every number once at least. */
export function examine(received: readonly Received[]) {
  const newest = new Map<string, number>();
  const numbers = new Set<number>();
  let outOfOrder = 0;
  for (const { key, headers } of received) {
    const number = Number(headers.ce_sequence);
    if (numbers.has(number)) continue;
    numbers.add(number);
    const version = Number(headers.ce_entityversion);
    if (version !== (newest.get(key) ?? 0) + 1) outOfOrder += 1;
    newest.set(key, version);
  }
  return { distinct: numbers.size, highest: Math.max(0, ...numbers), outOfOrder };
}
