/**
 * Which topics there are, and what is to become of them, durably (table `kafka_topic`).
 *
 * A row is made with the cursor that names the topic (`topic-cursors.ts`). Every statement may be repeated: whoever leads
 * next goes on where the last one was.
 */
import { type Client, type Pool, transaction } from '../../store/pool.ts';
import { textColumn } from '../columns.ts';

type Origin = 'unknown' | 'making' | 'made' | 'found';

/** Why a topic is not written to any more. */
export type EndReason = 'narrowed' | 'widened' | 'ended' | 'removed' | 'revoked';

export interface TopicRow {
  readonly topic: string;
  readonly agreement: string;
  readonly registry: string;
  readonly entity: string;
  /** Of the agreement when the generation began. */
  readonly consumer: string;
  /** Leaves that were granted when the generation began. */
  readonly fields: readonly string[];
  /** Values by dimension; `null`: all rows. */
  readonly scope: Readonly<Record<string, readonly string[]>> | null;
  readonly origin: Origin;
  readonly state: 'open' | 'kept' | 'ending';
  readonly reason: EndReason | null;
  /** Milliseconds since the epoch. */
  readonly deleteAfter: number | null;
  readonly evidenceId: string | null;
  readonly changedAt: Date;
  /** Is this the topic that the stream's cursor names? */
  readonly current: boolean;
}

export interface TopicLedger {
  /**
   * Before Kafka is asked to make it.
   * @returns what was known of it before; `unknown` when it has no row
   * @throws Error when it is to go
   */
  making(topic: string): Promise<Origin>;
  origin(topic: string): Promise<Origin>;
  settle(topic: string, origin: 'made' | 'found'): Promise<void>;
  /** All that are not deleted. */
  there(): Promise<TopicRow[]>;
  /** Written to no more, read until a day: milliseconds from now. */
  keep(topics: readonly string[], reason: EndReason, ms: number): Promise<void>;
  /** To be deleted; the stream's next cursor begins a new generation. */
  end(topics: readonly string[], reason: EndReason): Promise<void>;
  deleted(topic: string): Promise<void>;
}

export function openTopicLedger(pool: Pool): TopicLedger {
  const originOf = async (client: Pick<Client, 'query'>, topic: string): Promise<Origin> => {
    const { rows } = await client.query<{ origin: Origin }>(
      'SELECT origin FROM kafka_topic WHERE topic = $1 FOR UPDATE',
      [topic],
    );
    return rows[0]?.origin ?? 'unknown';
  };

  return {
    making: (topic) =>
      transaction(pool, async (client) => {
        const before = await originOf(client, topic);
        const { rowCount } = await client.query(
          `SELECT FROM kafka_topic WHERE topic = $1 AND state <> 'open'`,
          [topic],
        );
        if (rowCount !== 0) throw new Error(`topic ${topic} is to go and is not made again`);
        await client.query(
          `UPDATE kafka_topic SET origin = 'making' WHERE topic = $1 AND origin = 'unknown'`,
          [topic],
        );
        return before;
      }),
    origin: (topic) => originOf(pool, topic),
    async settle(topic, origin) {
      await pool.query('UPDATE kafka_topic SET origin = $2 WHERE topic = $1', [topic, origin]);
    },
    async there() {
      const { rows } = await pool.query<TopicRow>(
        `SELECT t.topic, t.agreement, t.registry, t.entity, t.consumer, t.fields, t.scope, t.origin, t.state, t.reason,
                (extract(epoch FROM t.delete_after) * 1000)::float8 AS "deleteAfter",
                t.evidence_id AS "evidenceId", t.changed_at AS "changedAt",
                c.topic IS NOT NULL AS current
         FROM kafka_topic t LEFT JOIN relay_cursor c
           ON c.agreement = t.agreement AND c.registry = t.registry AND c.entity = t.entity AND c.topic = t.topic
         WHERE t.state <> 'deleted' ORDER BY t.topic`,
      );
      return rows;
    },
    async keep(topics, reason, ms) {
      await pool.query(
        `UPDATE kafka_topic
         SET state = 'kept', reason = $2, delete_after = now() + $3 * interval '1 ms', changed_at = now()
         WHERE topic = ANY($1::text[]) AND state = 'open'`,
        [textColumn(topics), reason, ms],
      );
    },
    end: (topics, reason) =>
      transaction(pool, async (client) => {
        await client.query(
          `UPDATE kafka_topic SET state = 'ending', reason = $2, evidence_id = gen_random_uuid(), changed_at = now()
           WHERE topic = ANY($1::text[]) AND state IN ('open', 'kept')`,
          [textColumn(topics), reason],
        );
        await client.query(`UPDATE relay_cursor SET grant_digest = '' WHERE topic = ANY($1::text[])`, [
          textColumn(topics),
        ]);
      }),
    async deleted(topic) {
      await pool.query(
        `UPDATE kafka_topic SET state = 'deleted', changed_at = now() WHERE topic = $1 AND state = 'ending'`,
        [topic],
      );
    },
  };
}
