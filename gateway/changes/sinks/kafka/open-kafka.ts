/** Puts Kafka's parts together: the transport, and the keeper that the leader runs beside it. */
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
 * @throws KafkajsDiffers when another kafkajs is installed than the release that the client was written for
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
  /** Milliseconds that a topic is kept after its generation. */
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
        keeper.look();
      },
    },
    keep: keeper.keep,
    checks: kafkaChecks(transport.admin, ledger),
    removals: topicRemovals({ ...parts, ledger, keepFor }),
  });
}

/** Whether Kafka answers, and whether its topics can be made and written to. */
export function kafkaChecks(
  { health }: Pick<KafkaAdmin, 'health'>,
  ledger: Pick<TopicLedger, 'troubled'>,
): SinkCheck[] {
  return [
    { name: 'kafka', check: health },
    {
      ...{ name: 'kafka topics', patience: 2, through: 'postgresql' },
      // Topics that cannot be made or written to while Kafka answers; the others go on. While it does not, that is not known.
      async check() {
        if (health().status !== 'up') return { status: 'unknown', reason: 'kafka' };
        const names = (await ledger.troubled()).map(({ topic }) => topic);
        return { status: names.length > 0 ? 'down' : 'up', names };
      },
    },
  ];
}
