/**
 * Encodes Kafka's Produce request, version 7, into one buffer. kafkajs allocates a buffer of half a kilobyte for each header of each
 * message and copies them into each other, which takes more CPU time than the rest of the relay and causes most of its garbage collection.
 *
 *     Produce (7) => transactional_id NULLABLE_STRING, acks INT16, timeout INT32, [topic [partition INT32, records BYTES]]
 *     records     => base_offset INT64, length INT32, leader_epoch INT32, magic INT8, crc UINT32,
 *                    attributes INT16, last_offset_delta INT32, first_timestamp INT64, max_timestamp INT64,
 *                    producer_id INT64, producer_epoch INT16, first_sequence INT32, [record]
 *     record      => length VARINT, attributes INT8, timestamp_delta VARINT, offset_delta VARINT, key, value, [header]
 *
 * https://kafka.apache.org/documentation/#messageformat. kafkajs encodes the requests that the gateway does not send (compression,
 * transactions, idempotent producers, messages with a timestamp of their own), and the versions of older brokers.
 */
import type { Message } from 'kafkajs';
import type { Codec, ProduceArguments } from './codec.ts';
import { crc32c } from './crc32c.ts';
import { type PlainMessage, recordSize, sizedRecord, writeRecord } from './produce-record.ts';

export const produceCodec: Codec = {
  apiKey: 0,
  apiVersion: 7,
  encode: (given) => (isPlain(given) ? encode(given) : undefined),
};

function isPlain(given: ProduceArguments): given is ProduceArguments<PlainMessage> {
  const { transactionalId, producerId, producerEpoch, compression, topicData } = given;
  if (transactionalId || compression || producerEpoch) return false;
  if (producerId !== undefined && Number(producerId) !== -1) return false;
  return topicData.every(({ partitions }) =>
    partitions.every(({ messages }) => messages.length > 0 && messages.every(isPlainMessage)),
  );
}

function isPlainMessage({ key, value, headers = {}, timestamp }: Message): boolean {
  if (timestamp != null || !isText(key) || !isText(value)) return false;
  for (const name in headers) if (!isText(headers[name])) return false;
  return true;
}

const isText = (value: unknown) => typeof value === 'string' || Buffer.isBuffer(value);

/** Bytes from the batch's leader_epoch to the records' count. */
const AFTER_LENGTH = 49;
/** Bytes from the batch's base_offset to the records' count. */
const BATCH_HEAD = 61;
const ATTRIBUTES_AT = 21;

function encode({ acks, timeout, topicData }: ProduceArguments<PlainMessage>): Buffer {
  const now = BigInt(Date.now());
  const topics = topicData.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ messages, ...rest }) => {
      const records = messages.map((message, index) => sizedRecord(message, index));
      return { ...rest, records, size: records.reduce((sum, one) => sum + recordSize(one), 0) };
    }),
  }));
  const buffer = Buffer.allocUnsafeSlow(
    topics.reduce(
      (sum, { topic, partitions }) =>
        partitions.reduce((all, { size }) => all + 8 + BATCH_HEAD + size, sum + 6 + Buffer.byteLength(topic)),
      12,
    ),
  );
  let at = buffer.writeInt16BE(-1, 0); // no transaction
  at = buffer.writeInt16BE(acks, at);
  at = buffer.writeInt32BE(timeout, at);
  at = buffer.writeInt32BE(topics.length, at);
  for (const { topic, partitions } of topics) {
    const length = buffer.write(topic, at + 2);
    at = buffer.writeInt16BE(length, at) + length;
    at = buffer.writeInt32BE(partitions.length, at);
    for (const { partition, firstSequence = 0, records, size } of partitions) {
      at = buffer.writeInt32BE(partition, at);
      at = buffer.writeInt32BE(BATCH_HEAD + size, at);
      const batch = at;
      at = buffer.writeBigInt64BE(0n, at);
      at = buffer.writeInt32BE(AFTER_LENGTH + size, at);
      at = buffer.writeInt32BE(0, at);
      at = buffer.writeInt8(2, at) + 4;
      at = buffer.writeInt16BE(0, at);
      at = buffer.writeInt32BE(records.length - 1, at);
      at = buffer.writeBigInt64BE(now, at);
      at = buffer.writeBigInt64BE(now, at);
      at = buffer.writeBigInt64BE(-1n, at);
      at = buffer.writeInt16BE(0, at);
      at = buffer.writeInt32BE(firstSequence, at);
      at = buffer.writeInt32BE(records.length, at);
      for (const record of records) at = writeRecord(buffer, at, record);
      buffer.writeInt32BE(crc32c(buffer, batch + ATTRIBUTES_AT, at), batch + ATTRIBUTES_AT - 4);
    }
  }
  return buffer;
}
