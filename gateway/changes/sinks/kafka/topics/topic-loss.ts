/**
 * Detects that a topic has lost messages that it acknowledged. A topic that is deleted and made again has the same name, and the part of
 * Kafka's protocol that kafkajs speaks has no mark that distinguishes the two; but offsets begin again.
 *
 * | a partition that was written to | means |
 * |---|---|
 * | acknowledges an offset that another message had, or ends before one | its messages are gone |
 * | acknowledges so, as all others do; or there are fewer partitions | somebody has made another topic of that name |
 * | acknowledges so, while others still have their messages | the same topic, of which Kafka has lost a part (an unclean election of a leader) |
 */

/** The messages that this process has written to a topic. */
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
  /** The topic's partitions at the check before; `null`: there was none. */
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
