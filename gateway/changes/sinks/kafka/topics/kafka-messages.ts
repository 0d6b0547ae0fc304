/** Events as Kafka messages, in batches of one partition each. */
import type { Message } from 'kafkajs';
import type { ChangeEvent } from '../../../render/event.ts';
import { partitionOf } from './partition.ts';

/** The most events in one Produce request. */
const PRODUCE_EVENTS = 500;
/** The approximate bytes that key, headers and framing add to an event's data. */
const OVERHEAD = 900;

export interface PartitionBatch {
  readonly partition: number;
  readonly events: readonly ChangeEvent[];
}

/**
 * Groups events by partition, and splits each group into batches, in the order of the events.
 * @param bytes the most bytes of a batch; a larger event gets a batch of its own
 */
export function byPartition(
  events: readonly ChangeEvent[],
  partitions: number,
  bytes: number,
): (readonly PartitionBatch[])[] {
  const partitioned = new Map<
    number,
    { readonly partition: number; readonly events: ChangeEvent[]; bytes: number }[]
  >();
  for (const event of events) {
    const partition = partitionOf(event.subject, partitions);
    const size = OVERHEAD + Buffer.byteLength(event.data);
    const batches = partitioned.get(partition) ?? [];
    partitioned.set(partition, batches);
    let batch = batches.at(-1);
    if (!batch || batch.events.length === PRODUCE_EVENTS || batch.bytes + size > bytes) {
      batch = { partition, events: [], bytes: 0 };
      batches.push(batch);
    }
    batch.events.push(event);
    batch.bytes += size;
  }
  return [...partitioned.values()];
}

/** The two halves of a batch of several events, in order. */
export function halves({ partition, events }: PartitionBatch): readonly [PartitionBatch, PartitionBatch] {
  const middle = Math.ceil(events.length / 2);
  return [
    { partition, events: events.slice(0, middle) },
    { partition, events: events.slice(middle) },
  ];
}

/** CloudEvents' Kafka binding, binary mode: attributes in headers, data as the value. */
export function messageOf(event: ChangeEvent, partition: number): Message {
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
