/**
 * The durable list of topics and their states (table `kafka_topic`).
 *
 * A row is made with the cursor that names the topic (`topic-cursors.ts`). Every statement may be repeated, so that the next leader goes
 * on where the last one stopped.
 */

import { textColumn } from '../../../../store/columns.ts';
import { type Client, type Pool, transaction } from '../../../../store/pool.ts';

type Origin = 'unknown' | 'making' | 'made' | 'found';

/** The state of a topic when it was last looked at. */
export interface KnownTopic {
  readonly origin: Origin;
  readonly partitions: number | null;
  /** Was anything sent to it, as far as its cursor says? */
  readonly wasSent: boolean;
  /** The sequence of the last event that the stream sent. */
  readonly sequence: number;
}

/** Why a topic is not written to any more. */
export type EndReason = 'narrowed' | 'widened' | 'ended' | 'removed' | 'revoked';

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
  readonly reason: EndReason | null;
  /** Milliseconds since the epoch. */
  readonly deleteAfter: number | null;
  /** The same: until then it waits for its grant, which is over, less or gone. `null`: it does not. */
  readonly heldUntil: number | null;
  /** When it was last looked at; `null`: it was not made yet. */
  readonly partitions: number | null;
  /** The cause that delays the stream: a fixed word. */
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
   * Before Kafka is asked to make it, because it is not there.
   * @throws Error when it is to go
   */
  making(topic: string): Promise<void>;
  origin(topic: string): Promise<Origin>;
  known(topic: string): Promise<KnownTopic>;
  noteOrigin(topic: string, origin: 'made' | 'found', partitions: number): Promise<void>;
  /** Called when Kafka has refused to make it: if it appears later, the gateway did not make it. */
  notMade(topic: string): Promise<void>;
  /** Notes the cause that delays the topic's stream; `undefined`: the stream goes on. */
  trouble(topic: string, word: string | undefined): Promise<void>;
  /** Those in use that something holds up, at most 100. */
  troubled(): Promise<Pick<TopicRow, 'topic' | 'trouble'>[]>;
  /** Those that wait for their grant to come back. */
  held(): Promise<HeldTopic[]>;
  /** All that are not deleted. */
  there(): Promise<TopicRow[]>;
  /** Written to no more, read until a day: milliseconds from now. */
  keep(topics: readonly string[], reason: EndReason, ms: number): Promise<void>;
  /**
   * Waits for its grant to come back. What waits already waits no longer than it did.
   * @param until milliseconds since the epoch, by the clock that will be asked
   */
  hold(topics: readonly string[], until: number): Promise<void>;
  /** Its grant is back. */
  resume(topics: readonly string[]): Promise<void>;
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
    async trouble(topic, word) {
      await pool.query(
        `UPDATE kafka_topic
         SET trouble = $2, trouble_since = CASE WHEN $2::text IS NOT NULL THEN coalesce(trouble_since, now()) END
         WHERE topic = $1 AND trouble IS DISTINCT FROM $2`,
        [topic, word ?? null],
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
    async there() {
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
