/**
 * A Kafka of one broker that answers as its script says, or not at all: so much of the protocol that kafkajs connects, asks
 * for topics and offsets, and produces. It knows SASL of old: the exchange after the handshake stays without an answer.
 * https://kafka.apache.org/protocol
 */
import type { Socket } from 'node:net';
import type { Test } from 'tap';
import { type SilentBroker, silentBroker } from './silent-broker.ts';

export interface Asked {
  readonly apiKey: number;
  readonly apiVersion: number;
  /** After the request's header. */
  readonly body: Buffer;
}

export interface Script {
  /** Partitions by topic; every other topic is unknown. May change while the broker runs. */
  readonly topics?: Map<string, number>;
  /** Milliseconds for which the client is to send nothing after an answer to Produce. */
  readonly throttle?: number;
  /** The error code of each answer to Produce, in order; 0 after the last. */
  readonly produceErrors?: number[];
  /** `true`: this request gets no answer. */
  readonly isSilent?: (asked: Asked) => boolean;
  /** `true`: a connection that the client has ended stays as it is, as when a broker hangs. */
  readonly allowHalfOpen?: boolean;
}

export interface ScriptedBroker extends SilentBroker {
  /** Requests so far, but those for ApiVersions. */
  readonly asked: readonly Asked[];
}

export const PRODUCE = 0;
const LIST_OFFSETS = 2;
export const METADATA = 3;
const SASL_HANDSHAKE = 17;
const API_VERSIONS = 18;
const UNKNOWN_TOPIC_OR_PARTITION = 3;

/** The newest version of each request that the broker knows; 0 is the oldest. */
const VERSIONS: readonly (readonly [apiKey: number, newest: number])[] = [
  [PRODUCE, 7],
  [LIST_OFFSETS, 1],
  [METADATA, 3],
  [SASL_HANDSHAKE, 1],
  [API_VERSIONS, 2],
];

export async function scriptedBroker(
  t: Pick<Test, 'teardown'>,
  script: Script = {},
): Promise<ScriptedBroker> {
  const asked: Asked[] = [];
  let offset = 0n;
  const rest = new Map<Socket, Buffer>();

  const answers: Readonly<Record<number, (request: Asked) => Buffer>> = {
    [API_VERSIONS]: () =>
      Buffer.concat([
        int16(0),
        array(VERSIONS.map(([key, newest]) => Buffer.concat([int16(key), int16(0), int16(newest)]))),
        int32(0),
      ]),
    [SASL_HANDSHAKE]: () => Buffer.concat([int16(0), array([text('PLAIN')])]),
    [METADATA]: ({ body }) =>
      Buffer.concat([
        int32(0),
        array([Buffer.concat([int32(1), text('127.0.0.1'), int32(broker.port), int16(-1)])]),
        text('cluster'),
        int32(1),
        array(topicsIn(body).map((topic) => metadataOf(topic, script.topics?.get(topic)))),
      ]),
    [LIST_OFFSETS]: ({ body }) => {
      const { topic, partitions } = offsetsIn(body);
      const each = partitions.map((one) => Buffer.concat([int32(one), int16(0), int64(-1n), int64(offset)]));
      return array([Buffer.concat([text(topic), array(each)])]);
    },
    [PRODUCE]: ({ body }) => {
      const topicAt = 12;
      const topic = textAt(body, topicAt);
      const partition = body.readInt32BE(topicAt + 2 + Buffer.byteLength(topic) + 4);
      const error = script.produceErrors?.shift() ?? 0;
      const answer = Buffer.concat([
        ...[int32(partition), int16(error), int64(error === 0 ? offset : -1n), int64(-1n), int64(0n)],
      ]);
      if (error === 0) offset += 1000n;
      return Buffer.concat([
        array([Buffer.concat([text(topic), array([answer])])]),
        int32(script.throttle ?? 0),
      ]);
    },
  };

  function take(socket: Socket, bytes: Buffer): void {
    let buffer = Buffer.concat([rest.get(socket) ?? Buffer.alloc(0), bytes]);
    while (buffer.length >= 4 && buffer.length >= 4 + buffer.readInt32BE(0)) {
      const end = 4 + buffer.readInt32BE(0);
      reply(socket, buffer.subarray(4, end));
      buffer = buffer.subarray(end);
    }
    rest.set(socket, buffer);
  }

  /** Of a request: its key, version and correlation id, the client's name, the body. */
  function reply(socket: Socket, request: Buffer): void {
    const apiKey = request.readInt16BE(0);
    const answer = answers[apiKey];
    if (!answer) return; // a SASL exchange has no header
    const body = request.subarray(10 + request.readInt16BE(8));
    const one: Asked = { apiKey, apiVersion: request.readInt16BE(2), body };
    if (apiKey !== API_VERSIONS) asked.push(one);
    if (script.isSilent?.(one)) return;
    const bytes = Buffer.concat([request.subarray(4, 8), answer(one)]);
    socket.write(Buffer.concat([int32(bytes.length), bytes]));
  }

  const broker = await silentBroker(t, 0, take, script);
  return { ...broker, asked };
}

function metadataOf(topic: string, partitions: number | undefined): Buffer {
  const error = partitions === undefined ? UNKNOWN_TOPIC_OR_PARTITION : 0;
  const nodes = array([int32(1)]);
  const each = Array.from({ length: partitions ?? 0 }, (_, partition) =>
    Buffer.concat([int16(0), int32(partition), int32(1), nodes, nodes]),
  );
  return Buffer.concat([int16(error), text(topic), Buffer.from([0]), array(each)]);
}

function topicsIn(body: Buffer): string[] {
  const topics: string[] = [];
  for (let at = 4; topics.length < body.readInt32BE(0); at += 2 + body.readInt16BE(at)) {
    topics.push(textAt(body, at));
  }
  return topics;
}

/** Of one topic: for each partition its number and a time. */
function offsetsIn(body: Buffer): { topic: string; partitions: number[] } {
  const topic = textAt(body, 8);
  const at = 8 + 2 + Buffer.byteLength(topic);
  const count = body.readInt32BE(at);
  return { topic, partitions: Array.from({ length: count }, (_, i) => body.readInt32BE(at + 4 + 12 * i)) };
}

const textAt = (body: Buffer, at: number): string =>
  body.toString('utf8', at + 2, at + 2 + body.readInt16BE(at));

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

const text = (value: string): Buffer => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
const array = (items: readonly Buffer[]): Buffer => Buffer.concat([int32(items.length), ...items]);
