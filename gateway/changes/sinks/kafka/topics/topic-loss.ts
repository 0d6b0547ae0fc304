/**
 * Detects that a topic has lost messages that Kafka acknowledged. A topic that is deleted and made again has the same name, and the part of
 * Kafka's protocol that kafkajs supports has no topic id to distinguish the two. But the offsets of a new topic start at 0.
 *
 * A partition has lost messages when a new message gets an offset that an earlier message had, or when the partition ends before
 * an acknowledged offset.
 *
 * | observation | conclusion |
 * |---|---|
 * | every partition with acknowledged messages has lost them, or there are fewer partitions | another topic was made under the name (`replaced`) |
 * | some partitions have lost messages, others still have theirs | the same topic, of which Kafka has lost a part, for example by an unclean leader election (`truncated`) |
 */

/** The messages that this process has written to a topic. */
export interface Acknowledged {
  /** By partition: the offset after the last message that was acknowledged. */
  readonly ends: ReadonlyMap<number, number>;
  /** Partitions that gave a message the offset of an earlier message. */
  readonly restarted: ReadonlySet<number>;
}

export const NOTHING: Acknowledged = { ends: new Map(), restarted: new Set() };

export const topicLosses = ['deleted', 'replaced', 'truncated'] as const;

/** A label value of metrics. `deleted`: the gateway has made the topic again. */
export type TopicLoss = (typeof topicLosses)[number];

/** The topic as Kafka and the store describe it now. */
export interface ObservedTopic {
  /** By partition: the offset that the next message gets. */
  readonly ends: ReadonlyMap<number, number>;
  /** The number of partitions at the previous check; `null`: this is the first check. */
  readonly partitionsBefore: number | null;
  /** Has this process or another one sent an event to the topic? */
  readonly wasSent: boolean;
}

/** @returns `undefined`: no loss is observed */
export function lossOf(
  { ends, restarted }: Acknowledged,
  now: ObservedTopic,
): Exclude<TopicLoss, 'deleted'> | undefined {
  if (now.partitionsBefore !== null && now.ends.size < now.partitionsBefore) return 'replaced';
  const isEmpty = [...now.ends.values()].every((end) => end === 0);
  if (isEmpty) return now.wasSent || ends.size > 0 ? 'replaced' : undefined;
  const lost = [...ends].filter(
    ([partition, end]) => restarted.has(partition) || (now.ends.get(partition) ?? 0) < end,
  );
  if (lost.length === 0) return undefined;
  return lost.length === ends.size ? 'replaced' : 'truncated';
}
