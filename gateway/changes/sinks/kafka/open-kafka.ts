/** Kafka's parts put together: the sink, and what the leader keeps in step beside it. */
import type { Logger } from 'pino';
import type { Catalog } from '../../../catalog/catalog.ts';
import type { KafkaConfig } from '../../../config/kafka.ts';
import type { EvidenceLog } from '../../../evidence/evidence.ts';
import type { RevocationCheck } from '../../../identity/revocations.ts';
import type { Pool } from '../../../store/pool.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import type { Graces } from '../../relay/graces.ts';
import type { Leadership } from '../../relay/lease.ts';
import type { ChangeSink } from '../../relay/sink.ts';
import type { KafkaHealth } from './client/kafka-admin.ts';
import { checkKafkajs } from './client/kafkajs.ts';
import { createKafkaSink } from './kafka.ts';
import { createTopicKeeper } from './topic-keeper.ts';
import { openTopicLedger, type TopicLedger } from './topics/topic-ledger.ts';

const DAY = 86_400_000;

interface KafkaParts {
  readonly pool: Pool;
  readonly catalog: () => Catalog;
  readonly revocations: RevocationCheck;
  readonly evidence: EvidenceLog;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface OpenKafka {
  readonly sink: ChangeSink;
  readonly ledger: TopicLedger;
  health(): KafkaHealth;
  /** Milliseconds that a topic is kept after its generation. */
  readonly keepFor: number;
  /** Keeps topics and access rules in step, as long as it leads. */
  keep(leadership: Leadership): Promise<void>;
}

/** @throws KafkajsDiffers when another kafkajs is installed than the one that the client was written for */
export async function openKafka(
  parts: KafkaParts,
  config: KafkaConfig,
  now: () => number,
  graces: Graces,
): Promise<OpenKafka> {
  await checkKafkajs();
  const ledger = openTopicLedger(parts.pool);
  const { metrics, log } = parts;
  const onLoss = (topic: string) => keeper.lost(topic);
  const sink = createKafkaSink({ config, ledger, metrics, onLoss, log });
  const keepFor = config.retentionDays * DAY;
  const keeper = createTopicKeeper({ ...parts, sink, ledger, keepFor, graces, now });
  return {
    ledger,
    health: sink.admin.health,
    keepFor,
    sink: {
      ...sink,
      async open(topic) {
        await sink.open(topic);
        keeper.look();
      },
    },
    keep: keeper.keep,
  };
}
