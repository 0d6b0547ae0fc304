/**
 * The durable list of topics and their states (table `kafka_topic`).
 *
 * The statement that makes a cursor also inserts the row of its topic (`topic-cursors.ts`). Every statement here is idempotent, so that the
 * next leader can continue where the last one stopped.
 */

import { textColumn } from '../../../../store/columns.ts';
import { type Client, type Pool, transaction } from '../../../../store/pool.ts';

/** `making`: the gateway has asked Kafka to make the topic. `found`: the topic existed, so the gateway never deletes it. */
type Origin = 'unknown' | 'making' | 'made' | 'found';

/** The recorded state of a topic. */
export interface KnownTopic {
  readonly origin: Origin;
  readonly partitions: number | null;
  /** Does the cursor show that an event was sent to the topic? */
  readonly wasSent: boolean;
  /** The sequence of the last event that the stream sent. */
  readonly sequence: number;
}

/** The reason why the gateway stopped writing to a topic. */
export type TopicEndReason = 'narrowed' | 'widened' | 'ended' | 'removed' | 'revoked';

export interface TopicRow {
  readonly topic: string;
  readonly agreement: string;
  readonly registry: string;
  readonly entity: string;
  /** The agreement's consumer when the generation began. */
  readonly consumer: string;
  /** Leaves that were granted when the generation began. */
  readonly fields: readonly string[];
  /** Values by dimension; `null`: all rows. */
  readonly scope: Readonly<Record<string, readonly string[]>> | null;
  readonly origin: Origin;
  readonly state: 'open' | 'kept' | 'ending';
  readonly reason: TopicEndReason | null;
  /** Milliseconds since the epoch. */
  readonly deleteAfter: number | null;
  /**
   * Milliseconds since the epoch: until then the topic waits for its grant, which has ended, was narrowed or is missing. `null`: the topic
   * is not held.
   */
  readonly heldUntil: number | null;
  /** The number of partitions at the last check; `null`: the topic was not made yet. */
  readonly partitions: number | null;
  /** The code of the error that delays the stream. */
  readonly trouble: string | null;
  readonly evidenceId: string | null;
  readonly changedAt: Date;
  /** Is this the topic that the stream's cursor names? */
  readonly current: boolean;
}

export interface HeldTopic extends Pick<TopicRow, 'topic' | 'agreement'> {
  readonly heldUntil: Date;
}

export interface TopicLedger {
  /**
   * MUST be called before Kafka is asked to make the topic.
   * @throws Error when the topic is no longer open
   */
  making(topic: string): Promise<void>;
  origin(topic: string): Promise<Origin>;
  known(topic: string): Promise<KnownTopic>;
  noteOrigin(topic: string, origin: 'made' | 'found', partitions: number): Promise<void>;
  /** Kafka has refused to make the topic: if it appears later, somebody else has made it. */
  notMade(topic: string): Promise<void>;
  /** Records the code of the error that delays the topic's stream; `undefined`: the stream is no longer delayed. */
  trouble(topic: string, code: string | undefined): Promise<void>;
  /** The delayed topics among those in use, at most 100. */
  troubled(): Promise<Pick<TopicRow, 'topic' | 'trouble'>[]>;
  /** The topics that wait for their grant to come back. */
  held(): Promise<HeldTopic[]>;
  /** All topics that are not deleted. */
  existing(): Promise<TopicRow[]>;
  /**
   * Nothing more is written to the topics. Subscribers may read them until they are deleted.
   * @param ms milliseconds from now until the deletion
   */
  keep(topics: readonly string[], reason: TopicEndReason, ms: number): Promise<void>;
  /**
   * Lets the topics wait for their grant to come back. The end of a wait that has already begun stays as it is.
   * @param until milliseconds since the epoch, by the gateway's clock
   */
  hold(topics: readonly string[], until: number): Promise<void>;
  /** Ends the wait, because the grant is back. */
  resume(topics: readonly string[]): Promise<void>;
  /** Marks the topics for deletion; the stream's next cursor begins a new generation. */
  end(topics: readonly string[], reason: TopicEndReason): Promise<void>;
  /** MUST be called after Kafka has deleted the topic. */
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
        await originOf(client, topic);
        const { rowCount } = await client.query(
          `SELECT FROM kafka_topic WHERE topic = $1 AND state <> 'open'`,
          [topic],
        );
        if (rowCount !== 0) throw new Error(`topic ${topic} is to go and is not made again`);
        await client.query(`UPDATE kafka_topic SET origin = 'making' WHERE topic = $1`, [topic]);
      }),
    origin: (topic) => originOf(pool, topic),
    async known(topic) {
      const { rows } = await pool.query<KnownTopic>(
        `SELECT t.origin, t.partitions, coalesce(c.sequence, 0) AS sequence,
                coalesce(c.sequence - c.since_sequence >
                  (SELECT count(*) FROM dead_letter WHERE sink = 'kafka' AND destination = t.topic), false) AS "wasSent"
         FROM kafka_topic t LEFT JOIN relay_cursor c ON c.topic = t.topic WHERE t.topic = $1`,
        [topic],
      );
      return rows[0] ?? { origin: 'unknown', partitions: null, wasSent: false, sequence: 0 };
    },
    async noteOrigin(topic, origin, partitions) {
      await pool.query('UPDATE kafka_topic SET origin = $2, partitions = $3 WHERE topic = $1', [
        ...[topic, origin, partitions],
      ]);
    },
    async notMade(topic) {
      await pool.query(`UPDATE kafka_topic SET origin = 'unknown' WHERE topic = $1 AND origin = 'making'`, [
        topic,
      ]);
    },
    async trouble(topic, code) {
      await pool.query(
        `UPDATE kafka_topic
         SET trouble = $2, trouble_since = CASE WHEN $2::text IS NOT NULL THEN coalesce(trouble_since, now()) END
         WHERE topic = $1 AND trouble IS DISTINCT FROM $2`,
        [topic, code ?? null],
      );
    },
    async troubled() {
      const { rows } = await pool.query<Pick<TopicRow, 'topic' | 'trouble'>>(
        `SELECT topic, trouble FROM kafka_topic
         WHERE trouble IS NOT NULL AND state = 'open' AND held_until IS NULL ORDER BY topic LIMIT 100`,
      );
      return rows;
    },
    async held() {
      const { rows } = await pool.query<HeldTopic>(
        `SELECT topic, agreement, held_until AS "heldUntil" FROM kafka_topic
         WHERE held_until IS NOT NULL AND state IN ('open', 'kept') ORDER BY topic`,
      );
      return rows;
    },
    async existing() {
      const { rows } = await pool.query<TopicRow>(
        `SELECT t.topic, t.agreement, t.registry, t.entity, t.consumer, t.fields, t.scope, t.origin, t.state, t.reason,
                (extract(epoch FROM t.delete_after) * 1000)::float8 AS "deleteAfter",
                (extract(epoch FROM t.held_until) * 1000)::float8 AS "heldUntil", t.partitions, t.trouble,
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
    async hold(topics, until) {
      await pool.query(
        `UPDATE kafka_topic SET held_until = to_timestamp($2::float8 / 1000)
         WHERE topic = ANY($1::text[]) AND state IN ('open', 'kept') AND held_until IS NULL`,
        [textColumn(topics), until],
      );
    },
    async resume(topics) {
      await pool.query(
        `UPDATE kafka_topic SET held_until = NULL WHERE topic = ANY($1::text[]) AND state IN ('open', 'kept')`,
        [textColumn(topics)],
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
