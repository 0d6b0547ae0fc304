/**
 * Writes to one topic with kafkajs 2.2.4, which is no longer maintained and can lose messages: `producer.send()` with several
 * partitions resolves although some were never written, when a leader moves during its internal retry (kafkajs #1303: kafkajs
 * stores outcomes by broker, so it never sends a partition that moves to a broker which has already answered).
 *
 * So a writer
 * - gives each `send()` the messages of one partition only, because one partition has one leader;
 * - lets kafkajs retry nothing (`retries: 0`), and retries by itself, after a check of the lease before each attempt;
 * - accepts an answer only when it names this topic and partition, no error, and an offset;
 * - remembers the offsets of its messages, to detect lost messages (`topic-loss.ts`);
 * - has one request in flight for each partition, so that a retry cannot change the order;
 * - has a producer of its own: kafkajs requests the metadata of all topics of a producer together, so one topic that was
 *   deleted, or that the gateway may not write, would stop all others.
 */
import type { KafkaConfig as ClientConfig, Producer, RecordMetadata } from 'kafkajs';
import type { Logger } from 'pino';
import { backOff } from '../../../../runtime/backoff.ts';
import type { Metrics } from '../../../../telemetry/metrics.ts';
import { type Fence, Fenced } from '../../../relay/fence.ts';
import type { Refused } from '../../../relay/sink.ts';
import { untilFenced } from '../../../relay/until-fenced.ts';
import type { ChangeEvent } from '../../../render/event.ts';
import type { KafkaAdmin } from '../client/kafka-admin.ts';
import { WRITE_TIMEOUT } from '../client/kafka-client.ts';
import { type KafkaConnection, openConnection } from '../client/kafka-connection.ts';
import { doubtsTopic, isAbsence, refusalOf, Unconfirmed } from '../client/kafka-errors.ts';
import { produceCodec } from '../client/produce-request.ts';
import { byPartition, halves, messageOf, type PartitionBatch } from './kafka-messages.ts';
import type { Acknowledged } from './topic-loss.ts';

/** Milliseconds for one attempt, including the connection. */
const WITHIN = 20_000;
/** After so many consecutive failures the writer opens new connections and checks the topic. */
const PATIENCE = 3;

/** The properties of a topic that its writer needs. */
export interface TopicShape {
  readonly partitions: number;
  /** The most bytes of a batch. */
  readonly batchBytes: number;
}

/** The topic MUST be checked before the next event is sent to it, and all events of this `send` MUST be sent again. */
export class TopicDoubted extends Error {
  override readonly name = 'TopicDoubted';
  constructor(cause: unknown) {
    super('the topic is not what its writer takes it for', { cause });
  }
}

export interface TopicWriter {
  /** Sets the present properties of the topic. */
  reshape(shape: TopicShape): void;
  /** The acknowledged messages that the topic still has. */
  readonly acknowledged: Acknowledged;
  /** Clears `acknowledged`, because the topic has lost these messages. */
  forget(): void;
  /** Opens new connections, without cached metadata of the topic. MUST NOT be called while something is being sent. */
  renew(): void;
  /**
   * The contract is that of `Transport.send`.
   * @throws TopicDoubted when a further attempt does not help
   */
  send(events: readonly ChangeEvent[], fence: Fence): Promise<readonly Refused[]>;
  close(within: number): Promise<void>;
}

export interface TopicWriterOptions {
  readonly topic: string;
  readonly shape: TopicShape;
  readonly client: ClientConfig;
  readonly admin: Pick<KafkaAdmin, 'answered' | 'failed'>;
  readonly metrics: Pick<Metrics, 'kafkaSends'>;
  readonly log: Logger;
}

interface OpenProducer {
  readonly connection: KafkaConnection<Producer>;
  /** The number of consecutive failures. */
  failures: number;
}

export function openTopicWriter(options: TopicWriterOptions): TopicWriter {
  const { topic, client, admin, metrics, log } = options;
  let { shape } = options;
  let producer = openProducer();
  const ends = new Map<number, number>();
  for (const outcome of ['ok', 'failed']) metrics.kafkaSends.inc({ topic, outcome }, 0);
  const restarted = new Set<number>();

  function renew(): void {
    const { connection } = producer;
    producer = openProducer();
    connection.abandon();
  }

  function openProducer(): OpenProducer {
    const connection = openConnection(
      client,
      (kafka) =>
        kafka.producer({
          allowAutoTopicCreation: false,
          retry: { retries: 0 },
          createPartitioner: () => (args) => args.message.partition ?? 0,
        }),
      [produceCodec],
    );
    return { connection, failures: 0 };
  }

  async function attempt({ partition, events }: PartitionBatch, fence: Fence): Promise<void> {
    const current = producer;
    try {
      const messages = events.map((event) => messageOf(event, partition));
      const answer = await current.connection.call(WITHIN, async (writer) => {
        if (!fence.held()) throw new Fenced();
        return writer.send({ topic, acks: -1, timeout: WRITE_TIMEOUT, messages });
      });
      const offset = checkWritten(answer, topic, partition);
      current.failures = 0;
      admin.answered();
      const isFresh = offset >= (ends.get(partition) ?? 0);
      ends.set(partition, offset + events.length);
      if (isFresh) return;
      restarted.add(partition);
      throw new TopicDoubted(new Error(`partition ${partition} begins again at offset ${offset}`));
    } catch (error) {
      if (!(error instanceof Fenced)) current.failures += 1;
      if (current === producer && (current.connection.abandoned || current.failures >= PATIENCE)) renew();
      throw error;
    }
  }

  /** Sends one batch to one partition until Kafka acknowledges it, or refuses it for good. */
  async function deliver(
    batch: PartitionBatch,
    fence: Fence,
    doubts: TopicDoubted[],
  ): Promise<readonly Refused[]> {
    const { partition, events } = batch;
    let refusals = 0;
    for (let tries = 1; ; tries++) {
      if (!fence.held()) throw new Fenced();
      if (doubts[0]) throw doubts[0];
      try {
        await untilFenced(attempt(batch, fence), fence.signal);
        metrics.kafkaSends.inc({ topic, outcome: 'ok' }, events.length);
        return [];
      } catch (error) {
        if (error instanceof Fenced) throw error;
        metrics.kafkaSends.inc({ topic, outcome: 'failed' }, events.length);
        const refusal = refusalOf(error);
        refusals = refusal ? refusals + 1 : 0;
        if (refusal && refusals >= refusal.certainAfter) {
          const [only, ...more] = events;
          if (only && more.length === 0) {
            log.error(
              { err: error, topic, partition, sequence: only.sequence },
              'Kafka refused an event for good',
            );
            return [{ event: only, reason: refusal.reason }];
          }
          // Halves the batch until it holds only the refused event; the events before that one are sent first.
          const [first, second] = halves(batch);
          return [...(await deliver(first, fence, doubts)), ...(await deliver(second, fence, doubts))];
        }
        const doubt = doubtOf(error, tries);
        if (doubt) {
          doubts.push(doubt);
          throw doubt;
        }
        if (isAbsence(error)) admin.failed(error);
        else log.warn({ err: error, topic, partition, attempt: tries }, 'Kafka refused a batch');
        await backOff(tries, fence.signal);
      }
    }
  }

  return {
    reshape(now) {
      shape = now;
    },
    acknowledged: { ends, restarted },
    forget() {
      ends.clear();
      restarted.clear();
    },
    renew,
    async send(events, fence) {
      const partitioned = byPartition(events, shape.partitions, shape.batchBytes);
      const doubts: TopicDoubted[] = [];
      const outcomes = await Promise.allSettled(
        partitioned.map(async (batches) => {
          const refused: Refused[] = [];
          for (const batch of batches) refused.push(...(await deliver(batch, fence, doubts)));
          return refused;
        }),
      );
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
    },
    close: (within) => producer.connection.close(within),
  };
}

/** Does this failure require a check of the topic? A repeated failure of any kind does. */
function doubtOf(error: unknown, tries: number): TopicDoubted | undefined {
  if (error instanceof TopicDoubted) return error;
  const isDoubtful = doubtsTopic(error) || (!isAbsence(error) && tries >= PATIENCE);
  return isDoubtful ? new TopicDoubted(error) : undefined;
}

/**
 * @returns the offset of the first message
 * @throws Unconfirmed unless the broker's answer confirms a write of exactly this partition
 */
export function checkWritten(answer: readonly RecordMetadata[], topic: string, partition: number): number {
  const [written] = answer;
  const right =
    answer.length === 1 &&
    written?.topicName === topic &&
    written.partition === partition &&
    written.errorCode === 0 &&
    /^\d+$/.test(written.baseOffset ?? '');
  if (!right) throw new Unconfirmed('kafkajs reported a write that the broker did not confirm');
  return Number(written.baseOffset);
}
