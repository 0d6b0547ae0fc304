/**
 * Kafka as a sink, by kafkajs 2.2.4, which is no longer maintained and can lose messages: `producer.send()` with several
 * partitions resolves although some were never written, when a leader moves during its internal retry (kafkajs #1303:
 * the outcome is kept by broker, so a partition that moves to a broker which has answered already is never sent).
 *
 * So this sink
 * - gives each `send()` messages of one partition, chosen here (one partition has one leader: nothing can be forgotten);
 * - lets kafkajs retry nothing (`retries: 0`); the sink does, asking for the lease before each attempt;
 * - believes an answer only when it names this topic and partition, no error, and an offset;
 * - has one request in flight for each partition, so that a retry cannot overtake;
 * - has one producer for each topic: kafkajs asks for the metadata of all topics of a producer at once, and one that was
 *   deleted, or may not be written, would stop all others.
 */
import { setTimeout as wait } from 'node:timers/promises';
import kafkajs, { type Admin, type Message, type Producer, type RecordMetadata } from 'kafkajs';
import type { Logger } from 'pino';
import type { KafkaConfig } from '../../config.ts';
import type { Metrics } from '../../operations/metrics.ts';
import { backOff } from '../backoff.ts';
import type { ChangeEvent } from '../event.ts';
import { type ChangeSink, type Fence, Fenced } from '../sink.ts';
import { createKafka, WRITE_TIMEOUT } from './kafka-client.ts';
import { partitionOf } from './partition.ts';
import { ensureTopic } from './topics.ts';

/** Brokers take 1,048,588 bytes in one batch unless they are told otherwise. */
const BATCH_BYTES = 900_000;
const BATCH_EVENTS = 500;
/** More or less what key, headers and framing add to an event's data. */
const OVERHEAD = 900;
const PROBE_EVERY = 5000;
/** After so many failures in a row a producer's connections are not trusted any more. */
const PATIENCE = 3;

export interface KafkaSinkOptions {
  readonly config: KafkaConfig;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export function createKafkaSink({ config, metrics, log }: KafkaSinkOptions): ChangeSink {
  const kafka = createKafka(config, log);
  const channels = new Map<string, Channel>();
  const closed = new AbortController();
  let admin: Promise<Admin> | undefined;
  let up = false;
  let lastAnswer = 0;

  function answered(): void {
    lastAnswer = Date.now();
    if (up) return;
    up = true;
    metrics.dependencyUp.set({ dependency: 'kafka' }, 1);
    log.info('Kafka answers');
  }

  function silent(error: unknown): void {
    metrics.dependencyUp.set({ dependency: 'kafka' }, 0);
    if (up) log.warn({ err: error }, 'Kafka does not answer; changes wait in the outbox');
    up = false;
  }

  /** Runs `work` with the one admin client, which is given up when it fails. */
  async function administer<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    admin ??= connectAdmin();
    const current = admin;
    try {
      const result = await work(await current);
      answered();
      return result;
    } catch (error) {
      if (admin === current) admin = undefined;
      current.then((client) => client.disconnect()).catch(() => {});
      throw error;
    }
  }

  async function connectAdmin(): Promise<Admin> {
    const client = kafka.admin();
    try {
      await client.connect();
      return client;
    } catch (error) {
      void client.disconnect().catch(() => {});
      throw error;
    }
  }

  /** While nothing is being sent somebody has to look whether Kafka is there. */
  async function probe(): Promise<void> {
    while (!closed.signal.aborted) {
      if (Date.now() - lastAnswer > PROBE_EVERY) {
        await administer((client) => client.describeCluster()).catch(silent);
      }
      await wait(PROBE_EVERY / (up ? 1 : 5), undefined, { signal: closed.signal }).catch(() => {});
    }
  }
  const probing = probe();

  /** Sends one batch to one partition until it is acknowledged. */
  async function deliver(channel: Channel, batch: Batch, fence: Fence): Promise<void> {
    const { topic } = channel;
    for (let attempt = 1; ; attempt++) {
      if (!fence.held()) throw new Fenced();
      const producer = channel.producer;
      try {
        await producer.connected();
        if (!fence.held()) throw new Fenced();
        const answer = await producer.client.send({
          topic,
          acks: -1,
          timeout: WRITE_TIMEOUT,
          messages: batch.messages,
        });
        checkWritten(answer, topic, batch.partition);
        producer.failures = 0;
        answered();
        metrics.kafkaSends.inc({ topic, outcome: 'ok' }, batch.messages.length);
        return;
      } catch (error) {
        if (error instanceof Fenced) throw error;
        metrics.kafkaSends.inc({ topic, outcome: 'failed' }, batch.messages.length);
        producer.failures += 1;
        if (isAbsence(error)) silent(error);
        else log.warn({ err: error, topic, partition: batch.partition, attempt }, 'Kafka refused a batch');
        if (producer === channel.producer && (isTimeout(error) || producer.failures >= PATIENCE)) {
          channel.producer = openProducer();
          producer.abandon();
        }
        await backOff(attempt, fence.signal);
      }
    }
  }

  function openProducer(): TopicProducer {
    const client = kafka.producer({
      allowAutoTopicCreation: false,
      retry: { retries: 0 },
      createPartitioner: () => (args) => args.message.partition ?? 0,
    });
    let connecting: Promise<void> | undefined;
    return {
      client,
      failures: 0,
      connected() {
        connecting ??= client.connect().catch((error) => {
          connecting = undefined;
          throw error;
        });
        return connecting;
      },
      abandon: () => void client.disconnect().catch(() => {}),
    };
  }

  return {
    name: 'kafka',
    up: () => up,
    async open(topic) {
      const partitions = await administer((client) => ensureTopic(client, topic, config)).catch((error) => {
        if (isAbsence(error)) silent(error);
        throw error;
      });
      const known = channels.get(topic);
      if (known) known.partitions = partitions;
      else channels.set(topic, { topic, partitions, producer: openProducer() });
    },
    async send(topic, events, fence) {
      const channel = channels.get(topic);
      if (!channel) throw new Error(`topic ${topic} is not open`);
      const lines = byPartition(events, channel.partitions);
      const outcomes = await Promise.allSettled(
        lines.map(async (batches) => {
          for (const batch of batches) await deliver(channel, batch, fence);
        }),
      );
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      return [];
    },
    async close() {
      closed.abort();
      await probing;
      const clients = [...channels.values()].map((channel) => channel.producer.client);
      const client = await admin?.catch(() => undefined);
      const disconnecting = [...clients, ...(client ? [client] : [])].map((one) => one.disconnect());
      await Promise.race([Promise.allSettled(disconnecting), wait(3000, undefined, { ref: false })]);
    },
  };
}

interface Channel {
  readonly topic: string;
  partitions: number;
  producer: TopicProducer;
}

interface TopicProducer {
  readonly client: Producer;
  /** In a row. */
  failures: number;
  connected(): Promise<void>;
  abandon(): void;
}

interface Batch {
  readonly partition: number;
  readonly messages: Message[];
  bytes: number;
}

/** Batches of each partition, in the order of the events. */
export function byPartition(events: readonly ChangeEvent[], partitions: number): Batch[][] {
  const lines = new Map<number, Batch[]>();
  for (const event of events) {
    const partition = partitionOf(event.subject, partitions);
    const size = OVERHEAD + Buffer.byteLength(event.data);
    const line = lines.get(partition) ?? [];
    lines.set(partition, line);
    let batch = line.at(-1);
    if (!batch || batch.messages.length === BATCH_EVENTS || batch.bytes + size > BATCH_BYTES) {
      batch = { partition, messages: [], bytes: 0 };
      line.push(batch);
    }
    batch.messages.push(messageOf(event, partition));
    batch.bytes += size;
  }
  return [...lines.values()];
}

/** CloudEvents' Kafka binding, binary mode: attributes in headers, data as the value. */
function messageOf(event: ChangeEvent, partition: number): Message {
  return {
    partition,
    key: event.subject,
    value: event.data,
    headers: {
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_source: event.source,
      ce_type: event.type,
      ce_subject: event.subject,
      ce_time: event.time,
      ce_dataschema: event.dataschema,
      ce_sequence: event.sequence,
      ce_entityversion: event.entityversion,
      ce_agreement: event.agreement,
      'content-type': 'application/json',
    },
  };
}

/** @throws Error unless the broker says that it has written exactly this partition */
export function checkWritten(answer: readonly RecordMetadata[], topic: string, partition: number): void {
  const [written] = answer;
  const right =
    answer.length === 1 &&
    written?.topicName === topic &&
    written.partition === partition &&
    written.errorCode === 0 &&
    /^\d+$/.test(written.baseOffset ?? '');
  if (!right) throw new Error('kafkajs reported a write that the broker did not confirm');
}

const causeOf = (error: unknown): unknown =>
  error instanceof kafkajs.KafkaJSNumberOfRetriesExceeded ? (error.cause ?? error) : error;

const isTimeout = (error: unknown): boolean => causeOf(error) instanceof kafkajs.KafkaJSRequestTimeoutError;

/** No broker can be reached, as opposed to: one answered, and refused. */
const isAbsence = (error: unknown): boolean => !(causeOf(error) instanceof kafkajs.KafkaJSProtocolError);
