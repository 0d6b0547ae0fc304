/**
 * Kafka as a transport: a topic for each agreement, entity and generation, each with a writer of its own.
 *
 * A topic is in doubt when it or a partition is missing, when offsets begin again, or when a refusal goes on. Every doubt leads back to
 * `ensureTopic`: a deleted topic is made again, its partitions are taken as they are, and messages that the present topic has not
 * acknowledged are sent to it, in order.
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
/** A broker that answers needs much less time. Messages that it has not acknowledged are sent again, with the same ids. */
const DRAIN = 2000;
/** After so many doubts in a row a topic's stream counts as delayed, and the log says so. */
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
  /** Closes the connections of a topic that is no longer written to. */
  forget(topic: string): void;
}

interface OpenTopic {
  writer: TopicWriter | undefined;
  /** Shared by concurrent calls. */
  opening: Promise<void> | undefined;
  /** In a row. */
  doubts: number;
  /** Is it noted that something holds it up? */
  isTroubled: boolean;
}

export function createKafkaTransport(options: KafkaTransportOptions): KafkaTransport {
  const { config, ledger, metrics, onLoss = () => {}, log } = options;
  const client = clientConfig(config, log);
  const admin = openKafkaAdmin(client);
  const topics = new Map<string, OpenTopic>();

  /** A failure of the store does not stop sending. */
  async function note(topic: string, known: OpenTopic, word: string | undefined): Promise<void> {
    try {
      await ledger.trouble(topic, word);
      known.isTroubled = word !== undefined;
    } catch (error) {
      log.debug({ err: error, topic }, 'the trouble of a topic cannot be noted');
    }
  }

  async function look(topic: string, known: OpenTopic): Promise<void> {
    const { writer } = known;
    try {
      const ensured = await admin.run((one) =>
        ensureTopic({
          ...{ admin: one, topic, config, ledger, log },
          acknowledged: writer?.acknowledged ?? NOTHING,
          isDoubted: known.doubts > 0,
          endsOf: (name) => admin.errand((own) => endsOf(own, name)),
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
      // While no broker answers at all, the absence of Kafka is reported, and not the topic.
      if (!isAbsence(error)) await note(topic, known, wordOf(error));
      throw error;
    }
    // The topic exists; the next write shows whether it takes messages.
    if (known.doubts < DOUBTS) await note(topic, known, undefined);
  }

  function open(topic: string): Promise<void> {
    const known = topics.get(topic) ?? {
      ...{ writer: undefined, opening: undefined, doubts: 0, isTroubled: false },
    };
    topics.set(topic, known);
    known.opening ??= look(topic, known).finally(() => {
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
        if (known.isTroubled) await note(topic, known, undefined);
        return refused;
      } catch (error) {
        if (!(error instanceof TopicDoubted)) throw error;
        known.doubts += 1;
        log.warn({ err: error.cause, topic, attempt: known.doubts }, 'a topic is in doubt: it is looked at');
        if (known.doubts >= DOUBTS) await note(topic, known, wordOf(error.cause));
      }
      await backOff(known.doubts, fence.signal);
      if (!fence.held()) throw new Fenced();
      await untilFenced(open(topic), fence.signal);
      // Nothing is under way, and the old connections know the topic as it was.
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
      // Whether anybody answers is known before.
      const within = admin.up() ? CLOSE_WITHIN : 0;
      await Promise.all([admin.close(), ...[...topics.values()].map(({ writer }) => writer?.close(within))]);
    },
  };
}

/** The last number that the topic held, for an operator who replays. */
const lastOf = ({ sequence }: EnsuredTopic) => ({ sentUpTo: sequence });

const LOSSES = {
  deleted:
    'a topic was deleted by somebody else and is made again: what it held is gone; "lienthong changes replay" sends it again',
  replaced:
    'somebody else has made a topic in place of the gateway’s: what that held is gone; "lienthong changes replay" sends it again',
  truncated: 'Kafka has lost messages that it acknowledged; "lienthong changes replay" sends them again',
} as const;

/** Kafka's own name for the error, which is a fixed word. */
const wordOf = (error: unknown): string => protocolErrorOf(error) ?? 'not_usable';
