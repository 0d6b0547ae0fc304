/** Opens the Kafka sink: the transport, and the topic keeper that the leader runs beside it. */
import type { ChangeSink, SinkCheck } from '../../relay/sink.ts';
import type { SinkParts } from '../../relay/sink-parts.ts';
import type { KafkaAdmin } from './client/kafka-admin.ts';
import { refusalReasons } from './client/kafka-errors.ts';
import { checkKafkajs } from './client/kafkajs.ts';
import { createKafkaTransport } from './kafka.ts';
import { createTopicKeeper } from './topic-keeper.ts';
import { topicRemovals } from './topic-removals.ts';
import { topicSink } from './topic-sink.ts';
import { openTopicLedger, type TopicLedger } from './topics/topic-ledger.ts';
import { topicLosses } from './topics/topic-loss.ts';

const DAY = 86_400_000;

/**
 * @returns `undefined` without brokers
 * @throws KafkajsDiffers when the installed kafkajs is not the release for which the client was written
 */
export async function openKafka(parts: SinkParts): Promise<ChangeSink | undefined> {
  const { kafka: config } = parts.config;
  if (!config) return undefined;
  await checkKafkajs();
  const { pool, metrics, log } = parts;
  const ledger = openTopicLedger(pool);
  const transport = createKafkaTransport({
    ...{ config, ledger, metrics, log },
    onLoss: (topic) => keeper.lost(topic),
  });
  /** Milliseconds that a topic is kept after its generation ends. */
  const keepFor = config.retentionDays * DAY;
  const keeper = createTopicKeeper({ ...parts, sink: transport, ledger, keepFor });
  return topicSink(parts, {
    name: 'kafka',
    refusals: refusalReasons,
    losses: topicLosses,
    transport: {
      ...transport,
      async open(topic) {
        await transport.open(topic);
        keeper.recheck();
      },
    },
    keep: keeper.keep,
    checks: kafkaChecks(transport.admin, ledger),
    removals: topicRemovals({ ...parts, ledger, keepFor }),
  });
}

/** The health checks: does Kafka answer, and can topics be made and written to? */
export function kafkaChecks(
  { health }: Pick<KafkaAdmin, 'health'>,
  ledger: Pick<TopicLedger, 'troubled'>,
): SinkCheck[] {
  return [
    { name: 'kafka', check: health },
    {
      ...{ name: 'kafka topics', patience: 2, through: 'postgresql' },
      // Names the topics that cannot be made or written to; deliveries to other topics continue. Unknown while Kafka does not answer.
      async check() {
        if (health().status !== 'up') return { status: 'unknown', reason: 'kafka' };
        const names = (await ledger.troubled()).map(({ topic }) => topic);
        return { status: names.length > 0 ? 'down' : 'up', names };
      },
    },
  ];
}
