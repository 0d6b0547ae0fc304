/** Kafka as a sink: a topic for each agreement, entity and generation, each with a writer of its own. */
import type { Logger } from 'pino';
import type { KafkaConfig } from '../../config.ts';
import type { Metrics } from '../../operations/metrics.ts';
import type { ChangeSink } from '../sink.ts';
import { type KafkaAdmin, openKafkaAdmin } from './kafka-admin.ts';
import { clientConfig } from './kafka-client.ts';
import type { TopicLedger } from './topic-ledger.ts';
import { openTopicWriter, type TopicWriter } from './topic-writer.ts';
import { ensureTopic } from './topics.ts';

const CLOSE_WITHIN = 3000;

export interface KafkaSinkOptions {
  readonly config: KafkaConfig;
  readonly ledger: Pick<TopicLedger, 'making' | 'origin' | 'settle'>;
  readonly metrics: Pick<Metrics, 'dependencyUp' | 'kafkaSends'>;
  readonly log: Logger;
}

export interface KafkaSink extends ChangeSink {
  readonly admin: KafkaAdmin;
  /** A topic that is not written to any more: its connections are closed. */
  forget(topic: string): void;
}

export function createKafkaSink({ config, ledger, metrics, log }: KafkaSinkOptions): KafkaSink {
  const client = clientConfig(config, log);
  const admin = openKafkaAdmin({ client, metrics, log });
  const writers = new Map<string, TopicWriter>();

  return {
    name: 'kafka',
    admin,
    up: () => admin.up(),
    async open(topic) {
      const shape = await admin.run((one) => ensureTopic(one, topic, config, ledger, log));
      const known = writers.get(topic);
      if (known) known.reshape(shape);
      else writers.set(topic, openTopicWriter({ topic, shape, client, admin, metrics, log }));
    },
    async send(topic, events, fence) {
      const writer = writers.get(topic);
      if (!writer) throw new Error(`topic ${topic} is not open`);
      return writer.send(events, fence);
    },
    forget(topic) {
      void writers.get(topic)?.close(CLOSE_WITHIN);
      writers.delete(topic);
    },
    async close() {
      await Promise.all([
        admin.close(),
        ...[...writers.values()].map((writer) => writer.close(CLOSE_WITHIN)),
      ]);
    },
  };
}
