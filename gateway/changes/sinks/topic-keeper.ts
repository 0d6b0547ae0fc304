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
import type { Catalog, StreamGrant } from '../../catalog/catalog.ts';
import { standingOf } from '../../catalog/term.ts';
import type { RevocationCheck } from '../../identity/revocations.ts';
import type { Metrics } from '../../operations/metrics.ts';
import type { Leadership } from '../lease.ts';
import { openAccessKeeper } from './access-keeper.ts';
import { accessRules, grantsByStream, keyOfStream } from './access-rules.ts';
import { type EndTopicOptions, endTopic } from './end-topic.ts';
import type { EndReason, TopicRow } from './topic-ledger.ts';

/** How often the leader looks whether the catalogue was swapped. Revocations are told. */
const LOOK_EVERY = 500;
/** How often it goes through all topics: agreements end, revocations are lifted. */
const PASS_EVERY = 1500;
/** Topics are read again after so long; a lane that opens one says so. */
const READ_EVERY = 10_000;

export interface TopicKeeperOptions extends EndTopicOptions {
  readonly revocations: Pick<RevocationCheck, 'has' | 'onRevoked'>;
  readonly metrics: Pick<Metrics, 'kafkaTopics'>;
  /** Milliseconds that a topic is kept after its generation: the retention of its messages. */
  readonly keepFor: number;
  readonly now: () => number;
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
  let isDue = true;

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
    if (!leadership.held()) return;
    await decide();
    const readable = topics.filter(({ state }) => state !== 'ending');
    const failures: unknown[] = [];
    const attempt = async (work: () => Promise<void>) => {
      if (leadership.held()) await work().catch((error: unknown) => failures.push(error));
    };
    await attempt(() => access.reconcile(accessRules(catalog(), readable, revocations, now())));
    for (const row of topics.filter(({ state }) => state === 'ending')) {
      await attempt(() => endTopic(options, row));
      readAt = Number.NEGATIVE_INFINITY;
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Ends early when there is something to do, or the leadership is over. */
  function pause(ms: number, over: AbortSignal): Promise<void> {
    if (over.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        over.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      over.addEventListener('abort', end);
      wake = end;
    });
  }

  return {
    look() {
      readAt = Number.NEGATIVE_INFINITY;
      isDue = true;
      wake();
    },
    async keep(leadership) {
      const over = AbortSignal.any([leadership.signal, leadership.closing]);
      readAt = Number.NEGATIVE_INFINITY;
      let passedAt = Number.NEGATIVE_INFINITY;
      let seen: Catalog | undefined;
      let failed = 0;
      const forget = revocations.onRevoked(() => {
        isDue = true;
        wake();
      });
      while (!over.aborted) {
        const current = catalog();
        if (isDue || current !== seen || performance.now() - passedAt >= PASS_EVERY) {
          isDue = false;
          try {
            await pass(leadership);
            seen = current;
            failed = 0;
          } catch (error) {
            failed += 1;
            log.warn(
              { err: error, attempt: failed },
              'topics or access rules are not in step yet; trying again',
            );
          }
          passedAt = performance.now();
        }
        await pause(failed > 0 ? Math.min(5000, 250 * 2 ** Math.min(failed, 8)) : LOOK_EVERY, over);
      }
      forget();
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
