/**
 * Whether a topic still has what it acknowledged. Kafka gives a topic that is deleted and made again the same name, and its
 * protocol, as far as kafkajs speaks it, no mark by which the two differ; but offsets begin again.
 *
 * | a partition that was written to | means |
 * |---|---|
 * | acknowledges an offset that another message had, or ends before one | what it held is gone |
 * | all of them are so, or there are fewer partitions | another topic has that name: somebody has made it |
 * | others still have theirs | the same topic, of which Kafka has lost a part (an unclean election of a leader) |
 */

/** What this process has written to a topic. */
export interface Acknowledged {
  /** By partition: the offset after the last message that was acknowledged. */
  readonly ends: ReadonlyMap<number, number>;
  /** Partitions that gave a message the offset of an earlier one. */
  readonly restarted: ReadonlySet<number>;
}

export const NOTHING: Acknowledged = { ends: new Map(), restarted: new Set() };

export const topicLosses = ['deleted', 'replaced', 'truncated'] as const;

/** A fixed word, and a label of metrics. */
export type TopicLoss = (typeof topicLosses)[number];

export interface LookedAt {
  /** By partition: the offset that the next message gets. */
  readonly ends: ReadonlyMap<number, number>;
  /** Of the topic when it was looked at before; `null`: never. */
  readonly partitionsBefore: number | null;
  /** Was something sent to it, by this process or another? */
  readonly wasSent: boolean;
}

/** @returns `undefined`: nothing is missing, as far as can be seen */
export function lossOf(
  { ends, restarted }: Acknowledged,
  now: LookedAt,
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
