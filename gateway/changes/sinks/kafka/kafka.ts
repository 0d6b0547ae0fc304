/**
 * Kafka as a transport: a topic for each agreement, entity and generation, each with a writer of its own.
 *
 * A topic is in doubt when it or a partition is missing, when offsets start again from a lower number, or when refusals continue. A doubt
 * leads back to `ensureTopic`: it makes a deleted topic again and reads the present number of partitions. The writer then sends the
 * messages that the present topic has not acknowledged, in order.
 */
import type { Logger } from 'pino';
import type { KafkaConfig } from '../../../config/kafka.ts';
import { backOff } from '../../../runtime/backoff.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import { type Fence, Fenced } from '../../relay/fence.ts';
import type { Refused, Transport } from '../../relay/sink.ts';
import { untilFenced } from '../../relay/until-fenced.ts';
import type { ChangeEvent } from '../../render/event.ts';
import { type KafkaAdmin, openKafkaAdmin } from './client/kafka-admin.ts';
import { clientConfig } from './client/kafka-client.ts';
import { isAbsence, protocolErrorOf } from './client/kafka-errors.ts';
import type { TopicLedger } from './topics/topic-ledger.ts';
import { NOTHING } from './topics/topic-loss.ts';
import { openTopicWriter, TopicDoubted, type TopicWriter } from './topics/topic-writer.ts';
import { type EnsuredTopic, endsOf, ensureTopic } from './topics/topics.ts';

const CLOSE_WITHIN = 1000;
/**
 * Milliseconds for pending messages at closing. A broker that answers needs much less. Messages without an acknowledgement are sent
 * again later, with the same ids.
 */
const DRAIN = 2000;
/** After so many consecutive doubts a topic counts as troubled: the store records the cause of the delay. */
const DOUBTS = 2;

export interface KafkaTransportOptions {
  readonly config: KafkaConfig;
  readonly ledger: Pick<TopicLedger, 'known' | 'making' | 'notMade' | 'noteOrigin' | 'trouble'>;
  readonly metrics: Pick<Metrics, 'kafkaSends' | 'kafkaTopicsLost'>;
  /** Called when a topic lost its messages and was made again. */
  readonly onLoss?: (topic: string) => void;
  readonly log: Logger;
}

export interface KafkaTransport extends Transport {
  readonly admin: KafkaAdmin;
  /** Closes the connections of a topic to which nothing more is written. */
  forget(topic: string): void;
}

interface OpenTopic {
  writer: TopicWriter | undefined;
  /** The pending `ensureTopic`, which concurrent calls share. */
  opening: Promise<void> | undefined;
  /** The number of consecutive doubts. */
  doubts: number;
  /** Is a cause of delay recorded for the topic? */
  isTroubled: boolean;
}

export function createKafkaTransport(options: KafkaTransportOptions): KafkaTransport {
  const { config, ledger, metrics, onLoss = () => {}, log } = options;
  const client = clientConfig(config, log);
  const admin = openKafkaAdmin(client);
  const topics = new Map<string, OpenTopic>();

  /** Records the cause of a delay, or its end. A failure of the store does not stop sending. */
  async function noteTrouble(topic: string, known: OpenTopic, code: string | undefined): Promise<void> {
    try {
      await ledger.trouble(topic, code);
      known.isTroubled = code !== undefined;
    } catch (error) {
      log.debug({ err: error, topic }, 'the trouble of a topic cannot be noted');
    }
  }

  async function ensure(topic: string, known: OpenTopic): Promise<void> {
    const { writer } = known;
    try {
      const ensured = await admin.run((one) =>
        ensureTopic({
          ...{ admin: one, topic, config, ledger, log },
          acknowledged: writer?.acknowledged ?? NOTHING,
          isDoubted: known.doubts > 0,
          endsOf: (name) => admin.runAlone((own) => endsOf(own, name)),
        }),
      );
      const { shape, loss } = ensured;
      if (loss) {
        writer?.forget();
        metrics.kafkaTopicsLost.inc({ reason: loss });
        log.error({ topic, loss, ...lastOf(ensured) }, LOSSES[loss]);
      }
      if (writer) writer.reshape(shape);
      else known.writer = openTopicWriter({ topic, shape, client, admin, metrics, log });
      if (loss) onLoss(topic);
    } catch (error) {
      // While no broker answers, the health check reports Kafka and not the topic.
      if (!isAbsence(error)) await noteTrouble(topic, known, codeOf(error));
      throw error;
    }
    // The topic exists; the next write shows whether it accepts messages.
    if (known.doubts < DOUBTS) await noteTrouble(topic, known, undefined);
  }

  function open(topic: string): Promise<void> {
    const known = topics.get(topic) ?? {
      ...{ writer: undefined, opening: undefined, doubts: 0, isTroubled: false },
    };
    topics.set(topic, known);
    known.opening ??= ensure(topic, known).finally(() => {
      known.opening = undefined;
    });
    return known.opening;
  }

  async function send(topic: string, events: readonly ChangeEvent[], fence: Fence) {
    for (;;) {
      const known = topics.get(topic);
      if (!known?.writer) throw new Error(`topic ${topic} is not open`);
      try {
        const refused: readonly Refused[] = await known.writer.send(events, fence);
        known.doubts = 0;
        if (known.isTroubled) await noteTrouble(topic, known, undefined);
        return refused;
      } catch (error) {
        if (!(error instanceof TopicDoubted)) throw error;
        known.doubts += 1;
        log.warn({ err: error.cause, topic, attempt: known.doubts }, 'a topic is in doubt: it is looked at');
        if (known.doubts >= DOUBTS) await noteTrouble(topic, known, codeOf(error.cause));
      }
      await backOff(known.doubts, fence.signal);
      if (!fence.held()) throw new Fenced();
      await untilFenced(open(topic), fence.signal);
      // Nothing is being sent now, and the old connections have cached the topic's former metadata.
      known.writer.renew();
    }
  }

  return {
    drain: DRAIN,
    admin,
    up: () => admin.up(),
    open,
    send,
    forget(topic) {
      void topics.get(topic)?.writer?.close(CLOSE_WITHIN);
      topics.delete(topic);
    },
    async close() {
      // While no broker answers, a wait for the connections would be in vain.
      const within = admin.up() ? CLOSE_WITHIN : 0;
      await Promise.all([admin.close(), ...[...topics.values()].map(({ writer }) => writer?.close(within))]);
    },
  };
}

/** The sequence of the last event sent, for the operator's replay. */
const lastOf = ({ sequence }: EnsuredTopic) => ({ sentUpTo: sequence });

const LOSSES = {
  deleted:
    'a topic was deleted by somebody else and is made again: what it held is gone; "lienthong changes replay" sends it again',
  replaced:
    'somebody else has made a topic in place of the gateway’s: what that held is gone; "lienthong changes replay" sends it again',
  truncated: 'Kafka has lost messages that it acknowledged; "lienthong changes replay" sends them again',
} as const;

/** The name of Kafka's error, or `not_usable`: one of a fixed set, never free text. */
const codeOf = (error: unknown): string => protocolErrorOf(error) ?? 'not_usable';
