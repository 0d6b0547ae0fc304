/** The port of a request encoder that replaces one of kafkajs (`kafkajs.ts`). */
import type { Message } from 'kafkajs';

export interface Codec {
  /** Kafka's API key of the request; 0: Produce. https://kafka.apache.org/protocol#protocol_api_keys */
  readonly apiKey: number;
  /** The version of the request that this codec encodes. kafkajs encodes every other version. */
  readonly apiVersion: number;
  /**
   * MUST write the same bytes as kafkajs. MUST NOT change or keep `given`.
   * @returns the body, after the request's header; `undefined`: kafkajs encodes this request
   */
  encode(given: ProduceArguments): Buffer | undefined;
}

/** The arguments that kafkajs passes to its encoder (`produce` in kafkajs/src/broker/index.js). */
export interface ProduceArguments<M = Message> {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null | undefined;
  /** A number, or a Long. */
  readonly producerId?: unknown;
  readonly producerEpoch?: number;
  readonly compression?: number;
  readonly topicData: readonly ProducedTopic<M>[];
}

interface ProducedTopic<M> {
  readonly topic: string;
  readonly partitions: readonly ProducedPartition<M>[];
}

interface ProducedPartition<M> {
  readonly partition: number;
  readonly firstSequence?: number;
  readonly messages: readonly M[];
}
