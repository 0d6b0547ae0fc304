/**
 * Keeps Kafka's topics and access rules in step with the agreements. Only the leader does; what it has begun, the next
 * one finishes.
 *
 * | what happened to the agreement | topic |
 * |---|---|
 * | fewer fields or rows than when the generation began | deleted at once: it holds what is granted no more |
 * | only more | the old generation stays readable for the topics' retention, then it is deleted |
 * | ended, or not in the catalogue any more, or revoked | deleted at once |
 *
 * Nothing is produced to such a topic any more (`relay.ts` stops its lane), its access rules go first, its end is
 * evidence, and an agreement that comes back begins a new generation. What the gateway did not make it does not delete.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Catalog, StreamGrant } from '../../catalog/catalog.ts';
import { standingOf } from '../../catalog/term.ts';
import type { EvidenceLog } from '../../evidence/evidence.ts';
import type { RevocationCheck } from '../../identity/revocations.ts';
import type { Metrics } from '../../operations/metrics.ts';
import type { Pool } from '../../store/pool.ts';
import { backOff } from '../backoff.ts';
import type { Leadership } from '../lease.ts';
import { openAccessKeeper } from './access-keeper.ts';
import { accessRules, grantsByStream, keyOfStream } from './access-rules.ts';
import type { KafkaSink } from './kafka.ts';
import type { EndReason, TopicLedger, TopicRow } from './topic-ledger.ts';
import { deleteTopic } from './topics.ts';

/** How often the leader looks: agreements end, the catalogue is swapped. Revocations are told. */
const LOOK_EVERY = 500;
/** Topics are read again after so long; a lane that opens one says so. */
const READ_EVERY = 10_000;

export interface TopicKeeperOptions {
  readonly pool: Pool;
  readonly sink: Pick<KafkaSink, 'admin' | 'forget'>;
  readonly ledger: TopicLedger;
  readonly catalog: () => Catalog;
  readonly revocations: Pick<RevocationCheck, 'has' | 'onRevoked'>;
  readonly evidence: Pick<EvidenceLog, 'append'>;
  readonly metrics: Pick<Metrics, 'kafkaTopics'>;
  /** Milliseconds that a topic is kept after its generation: the retention of its messages. */
  readonly keepFor: number;
  readonly now: () => number;
  readonly log: Logger;
}

export interface TopicKeeper {
  /** Keeps until the leadership ends. Never rejects. */
  keep(leadership: Leadership): Promise<void>;
  /** There may be a topic that was not there before. */
  look(): void;
}

export function createTopicKeeper(options: TopicKeeperOptions): TopicKeeper {
  const { ledger, catalog, revocations, metrics, keepFor, now, log } = options;
  const access = openAccessKeeper({ pool: options.pool, admin: options.sink.admin, log });
  let topics: readonly TopicRow[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let wake = () => {};

  async function readTopics(): Promise<void> {
    if (performance.now() - readAt < READ_EVERY) return;
    readAt = performance.now();
    topics = await ledger.there();
    for (const state of ['open', 'kept', 'ending'] as const) {
      metrics.kafkaTopics.set({ state }, topics.filter((topic) => topic.state === state).length);
    }
  }

  /** Notes what is to become of each topic. */
  async function decide(): Promise<void> {
    const grants = grantsByStream(catalog());
    const ending = new Map<EndReason, string[]>();
    const keeping: string[] = [];
    for (const row of topics) {
      const fate = fateOf(row, grants.get(keyOfStream(row.agreement, row.registry, row.entity)), catalog(), {
        isRevoked: revocations.has('agreement', row.agreement),
        now: now(),
      });
      if (fate === 'keep') keeping.push(row.topic);
      else if (fate) ending.set(fate, [...(ending.get(fate) ?? []), row.topic]);
    }
    for (const [reason, names] of ending) {
      log.warn({ topics: names, reason }, 'topics are to be deleted');
      await ledger.end(names, reason);
    }
    if (keeping.length > 0) await ledger.keep(keeping, 'widened', keepFor);
    if (ending.size === 0 && keeping.length === 0) return;
    readAt = Number.NEGATIVE_INFINITY;
    await readTopics();
  }

  async function pass(leadership: Leadership): Promise<void> {
    await readTopics();
    await decide();
    const readable = topics.filter(({ state }) => state !== 'ending');
    const failures: unknown[] = [];
    const attempt = async (work: () => Promise<void>) => {
      if (leadership.held()) await work().catch((error: unknown) => failures.push(error));
    };
    await attempt(() => access.reconcile(accessRules(catalog(), readable, revocations, now())));
    for (const row of topics.filter(({ state }) => state === 'ending')) {
      await attempt(() => finish(options, row));
      readAt = Number.NEGATIVE_INFINITY;
    }
    if (failures.length > 0) throw failures[0];
  }

  return {
    look() {
      readAt = Number.NEGATIVE_INFINITY;
      wake();
    },
    async keep(leadership) {
      const over = AbortSignal.any([leadership.signal, leadership.closing]);
      readAt = Number.NEGATIVE_INFINITY;
      let attempt = 0;
      while (!over.aborted) {
        const woken = new AbortController();
        wake = () => woken.abort();
        const forget = revocations.onRevoked(wake);
        try {
          await pass(leadership);
          attempt = 0;
          await wait(LOOK_EVERY, undefined, { signal: AbortSignal.any([over, woken.signal]) }).catch(
            () => {},
          );
        } catch (error) {
          attempt += 1;
          log.warn({ err: error, attempt }, 'topics or access rules are not in step yet; trying again');
          await backOff(attempt, AbortSignal.any([over, woken.signal]));
        } finally {
          forget();
        }
      }
    },
  };
}

interface Circumstances {
  readonly isRevoked: boolean;
  readonly now: number;
}

/** Why a topic is to go, `keep` for one that is written to no more, `undefined`: as it is. */
export function fateOf(
  row: TopicRow,
  grant: StreamGrant | undefined,
  { agreements }: Pick<Catalog, 'agreements'>,
  { isRevoked, now }: Circumstances,
): EndReason | 'keep' | undefined {
  if (row.state === 'ending') return undefined;
  if (isRevoked) return 'revoked';
  if (!grant) return agreements.has(row.agreement) ? 'narrowed' : 'removed';
  if (standingOf(grant.agreement, now) === 'expired') return 'ended';
  if (!stillGranted(row, grant)) return 'narrowed';
  if (row.state === 'open' && !row.current) return 'keep';
  if (row.state === 'kept' && row.deleteAfter !== null && row.deleteAfter <= now) return 'widened';
  return undefined;
}

/** Does the grant disclose every field of every row that the topic may hold? */
function stillGranted({ fields, scope }: TopicRow, grant: StreamGrant): boolean {
  const disclosed = new Set(grant.fields.disclosed);
  const rows = Object.entries(grant.scope?.values ?? {}).every(
    ([name, values]) => scope?.[name]?.every((value) => values.includes(value)) ?? false,
  );
  return rows && fields.every((field) => disclosed.has(field));
}

/** Deletes a topic that is to go, then records it, then forgets it: in this order, so that a crash repeats, and loses nothing. */
async function finish(
  { pool, sink, ledger, evidence, catalog, log }: TopicKeeperOptions,
  row: TopicRow,
): Promise<void> {
  const { topic, origin, reason, agreement, consumer, evidenceId } = row;
  const ours = origin === 'made' || origin === 'making';
  sink.forget(topic);
  if (ours) await sink.admin.errand((admin) => deleteTopic(admin, topic));
  const requestId = evidenceId ?? topic;
  const { rowCount } = await pool.query('SELECT FROM evidence WHERE at >= $1 AND request_id = $2 LIMIT 1', [
    row.changedAt,
    requestId,
  ]);
  if (rowCount === 0) {
    const { systems, agreements } = catalog();
    await evidence.append({
      requestId,
      kind: 'revocation',
      agency: systems.get(consumer)?.agency.code ?? consumer,
      system: consumer,
      keyThumbprint: undefined,
      tokenId: undefined,
      agreement,
      purpose: undefined,
      legalBasis: agreements.get(agreement)?.legalBasis ?? [],
      caseId: undefined,
      officerId: undefined,
      service: topic,
      subjects: [],
      fields: undefined,
      status: 200,
      code: ours ? 'topic_deleted' : 'topic_left',
      reason: reason ?? undefined,
      request: undefined,
      response: undefined,
    });
  }
  await ledger.deleted(topic);
  if (ours) log.warn({ topic, reason }, 'a topic was deleted');
  else log.error({ topic, reason }, 'a topic that the gateway did not make is to go: delete it');
}
