/**
 * The position of a registry's changes before its records are listed. It is captured first, so that a change during the listing
 * comes after it, and reaches every reader that continues from here.
 */
import type { StreamGrant } from '../catalog/catalog.ts';
import type { Pool } from '../store/pool.ts';

export interface CopyPosition {
  /** The position of the registry's stream: all changes up to here are in the listing. */
  readonly position: number;
  /** The last event of the agreement's topic; `undefined` without Kafka. */
  readonly topic: TopicPosition | undefined;
}

export interface TopicPosition {
  readonly topic: string;
  readonly generation: number;
  /** The sequence of the last event that the topic is known to hold. */
  readonly sequence: number;
  /** Position of the registry's stream up to which the topic holds events. */
  readonly position: number;
}

/** @param withKafka does the relay send to Kafka? */
export async function capturePosition(
  pool: Pool,
  grant: StreamGrant,
  withKafka: boolean,
): Promise<CopyPosition> {
  const { registry, name } = grant.entity;
  const agreement = grant.agreement.number;
  const { rows } = await pool.query<Row>({
    name: 'copy-position',
    text: `SELECT s.last, s.pruned, c.generation, c.sequence, c.position, c.grant_digest AS digest
           FROM stream s LEFT JOIN relay_cursor c
             ON c.agreement = $1 AND c.registry = s.registry AND c.entity = $3
           WHERE s.registry = $2`,
    values: [agreement, registry, name],
  });
  const row = rows[0];
  if (!row) return { position: 0, topic: undefined };
  return { position: row.last, topic: withKafka ? topicOf(row, grant) : undefined };
}

/** For readers of the topic: the rows hold every event up to this sequence. */
export function kafkaPosition({ topic }: { readonly topic?: TopicPosition | null | undefined }) {
  return topic && { kafka: { topic: topic.topic, generation: topic.generation, sequence: topic.sequence } };
}

interface Row {
  readonly last: number;
  readonly pruned: number;
  readonly generation: number | null;
  readonly sequence: number | null;
  readonly position: number | null;
  readonly digest: string | null;
}

/** Follows the relay's rule for generations (`takeCursor`): the relay may not have seen this grant yet. */
function topicOf({ generation, sequence, position, digest, pruned }: Row, grant: StreamGrant): TopicPosition {
  const { registry, name } = grant.entity;
  const current = generation === null ? 1 : generation + (digest === grant.digest ? 0 : 1);
  return {
    topic: `lienthong.${registry}.${name}.${grant.agreement.number}.g${current}`,
    generation: current,
    sequence: sequence ?? 0,
    position: position ?? pruned,
  };
}
