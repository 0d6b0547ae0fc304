/**
 * Ends a topic: deletes it in Kafka, then records the deletion as evidence, then marks the row as deleted. In this order a crash
 * repeats a step and loses none.
 */
import type { Logger } from 'pino';
import type { Catalog } from '../../../catalog/catalog.ts';
import { undeclared } from '../../../circumstances/recorded-circumstances.ts';
import type { EvidenceLog } from '../../../evidence/evidence.ts';
import type { Pool } from '../../../store/pool.ts';
import type { KafkaTransport } from './kafka.ts';
import type { TopicLedger, TopicRow } from './topics/topic-ledger.ts';
import { deleteTopic } from './topics/topics.ts';

export interface EndTopicOptions {
  readonly pool: Pool;
  readonly sink: Pick<KafkaTransport, 'admin' | 'forget'>;
  readonly ledger: TopicLedger;
  readonly catalog: () => Catalog;
  readonly evidence: Pick<EvidenceLog, 'append'>;
  readonly log: Logger;
}

/** A topic may appear in Kafka up to so many milliseconds after its creation was requested. */
const MADE_WITHIN = 30_000;

/** MAY be called again after every error. @throws (rejects with) the error of Kafka, PostgreSQL or the evidence */
export async function endTopic(options: EndTopicOptions, row: TopicRow): Promise<void> {
  const { sink, ledger, log } = options;
  const { topic, reason } = row;
  sink.forget(topic);
  const origin = await ledger.origin(topic);
  if (origin === 'unknown') {
    // No event was ever sent, so the topic was not made.
    await ledger.deleted(topic);
    return;
  }
  const isOurs = origin !== 'found';
  const isGone = !isOurs || (await sink.admin.runAlone((admin) => deleteTopic(admin, topic)));
  if (!isGone && origin === 'making' && Date.now() - row.changedAt.getTime() < MADE_WITHIN) return;
  await record(options, row, isOurs ? 'topic_deleted' : 'topic_left');
  await ledger.deleted(topic);
  if (isOurs) log.warn({ topic, reason }, 'a topic was deleted');
  else log.error({ topic, reason }, 'a topic that the gateway did not make is to go: delete it');
}

/** Appends one entry of evidence. A repeated call finds the entry and appends no second one. */
async function record(
  { pool, evidence, catalog }: EndTopicOptions,
  row: TopicRow,
  code: string,
): Promise<void> {
  const { topic, reason, agreement, consumer, evidenceId, changedAt } = row;
  const requestId = evidenceId ?? topic;
  const { rowCount } = await pool.query('SELECT FROM evidence WHERE at >= $1 AND request_id = $2 LIMIT 1', [
    changedAt,
    requestId,
  ]);
  if (rowCount !== 0) return;
  const { systems, agreements } = catalog();
  await evidence.append({
    requestId,
    kind: 'revocation',
    agency: systems.get(consumer)?.agency.code ?? consumer,
    system: consumer,
    keyThumbprint: undefined,
    tokenId: undefined,
    agreement,
    ...undeclared,
    legalBasis: agreements.get(agreement)?.legalBasis ?? [],
    service: topic,
    subjects: [],
    fields: undefined,
    status: 200,
    code,
    reason: reason ?? undefined,
    request: undefined,
    response: undefined,
  });
}
