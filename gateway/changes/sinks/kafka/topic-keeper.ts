/**
 * Keeps Kafka's topics and access rules in step with the agreements. Only the leader of the relay runs it; the next leader finishes work
 * that the last one has begun.
 *
 * | the agreement is | its topic is |
 * |---|---|
 * | revoked by an operator | deleted without delay |
 * | widened: more fields or rows | replaced: the old generation stays readable for the topics' retention, then it is deleted |
 * | ended, or fewer fields or rows than when the generation began | held for `TOPIC_GRACE_HOURS`, then deleted |
 * | not in the catalogue any more, or without this stream | held for `REMOVAL_GRACE_HOURS`, then deleted |
 *
 * The gateway produces nothing to a held topic, and removes its access rules first, because access ends with the grant. A deletion is
 * recorded as evidence. An agreement that comes back after the deletion begins a new generation. An agreement that comes back while its
 * topic is held gets the topic back: the stream continues at its cursor. If a narrower generation has begun meanwhile, the held topic
 * becomes readable again for the retention. So neither a lost file nor a typing error costs a reader its copy. The gateway deletes only
 * topics that it has made.
 *
 * The keeper also checks that Kafka still has the topics in use. It makes a deleted topic again, even while there is nothing to send.
 */
import type { Catalog, StreamGrant } from '../../../catalog/catalog.ts';
import { widen } from '../../../catalog/grant/scope.ts';
import { termStatus } from '../../../catalog/grant/term.ts';
import type { RevocationCheck } from '../../../identity/revocations.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import { noteOutages } from '../../../telemetry/note-outages.ts';
import { type Graces, graceOf, type RemovalReason } from '../../relay/graces.ts';
import type { Leadership } from '../../relay/lease.ts';
import { openAccessKeeper } from './access/access-keeper.ts';
import { accessRules, grantsByStream, keyOfStream } from './access/access-rules.ts';
import { type EndTopicOptions, endTopic } from './end-topic.ts';
import type { KafkaTransport } from './kafka.ts';
import type { TopicEndReason, TopicRow } from './topics/topic-ledger.ts';
import { partitionsOf } from './topics/topics.ts';

/** Milliseconds between two checks for a new catalogue. A revocation notifies the keeper by itself. */
const CATALOG_CHECK_EVERY = 500;
/** Milliseconds between two passes over all topics, because agreements expire and revocations are lifted as time passes. */
const PASS_EVERY = 1500;
/** Milliseconds between two reads of the topics from the store. A subscription loop that opens a topic calls `recheck`. */
const READ_EVERY = 10_000;
/** Milliseconds between two comparisons of Kafka's topics and partitions with the recorded ones. */
const AUDIT_EVERY = 10_000;
/** The topics in one metadata request to Kafka. */
const AUDIT_TOPICS = 1000;
const IN_STEP = {
  begins: 'topics or access rules are not in step yet; trying again',
  ends: 'topics and access rules are in step',
};

export interface TopicKeeperOptions extends EndTopicOptions {
  readonly sink: Pick<KafkaTransport, 'admin' | 'forget' | 'open' | 'up'>;
  readonly revocations: Pick<RevocationCheck, 'has' | 'onRevoked'>;
  readonly metrics: Pick<Metrics, 'kafkaTopics'>;
  /** Milliseconds that a topic is kept after its generation ends: the retention of its messages. */
  readonly keepFor: number;
  readonly graces: Graces;
  readonly now: () => number;
}

export interface TopicKeeper {
  /**
   * Runs until the leadership ends. Never rejects. When the process closes, the pending calls of the admin client fail: immediately
   * while Kafka does not answer, and otherwise at the end of the time that the leadership has to finish. The next leader repeats them.
   */
  keep(leadership: Leadership): Promise<void>;
  /** MUST be called after a topic was opened, because it may be new. */
  recheck(): void;
  /** MUST be called after a topic lost its messages and was made again. */
  lost(topic: string): void;
}

export function createTopicKeeper(options: TopicKeeperOptions): TopicKeeper {
  const { sink, ledger, catalog, revocations, metrics, keepFor, graces, now, log } = options;
  const access = openAccessKeeper({ pool: options.pool, admin: options.sink.admin, log });
  let topics: readonly TopicRow[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let auditedAt = Number.NEGATIVE_INFINITY;
  let notify = () => {};
  let isDue = true;

  async function readTopics(): Promise<void> {
    if (performance.now() - readAt < READ_EVERY) return;
    readAt = performance.now();
    topics = await ledger.existing();
    for (const [state, is] of Object.entries(STATES))
      metrics.kafkaTopics.set({ state }, topics.filter(is).length);
  }

  /** Decides the fate of each topic, and stores it. */
  async function decide(): Promise<void> {
    const grants = grantsByStream(catalog());
    const moment = now();
    const fates = topics.flatMap((row) => {
      const grant = grants.get(keyOfStream(row.agreement, row.registry, row.entity));
      const isRevoked = revocations.has('agreement', row.agreement);
      const fate = fateOf(row, grant, catalog(), { isRevoked, now: moment, graces });
      return fate ? [{ fate, topic: row.topic }] : [];
    });
    if (fates.length === 0) return;
    for (const alike of Map.groupBy(fates, ({ fate }) => JSON.stringify(fate)).values()) {
      await carryOut(
        alike[0]!.fate,
        alike.map(({ topic }) => topic),
      );
    }
    readAt = Number.NEGATIVE_INFINITY;
    await readTopics();
  }

  async function carryOut(fate: Fate, names: readonly string[]): Promise<void> {
    switch (fate.to) {
      case 'keep':
        return ledger.keep(names, 'widened', keepFor);
      case 'hold':
        log.warn(
          { topics: names, reason: fate.reason, deletedAt: new Date(fate.until).toISOString() },
          'topics are held: they are deleted then, unless their grants come back',
        );
        return ledger.hold(names, fate.until);
      case 'resume':
        log.info({ topics: names }, 'topics are taken back: their grants are there again');
        return ledger.resume(names);
      case 'end':
        log.warn({ topics: names, reason: fate.reason }, 'topics are to be deleted');
        return ledger.end(names, fate.reason);
    }
  }

  /** Compares the topics in use with Kafka's, and opens each one again that is missing or has other partitions. */
  async function audit(leadership: Leadership): Promise<void> {
    auditedAt = performance.now();
    const used = topics.filter(
      (row) => row.state === 'open' && row.current && row.heldUntil === null && row.partitions !== null,
    );
    const failures: unknown[] = [];
    for (let start = 0; start < used.length; start += AUDIT_TOPICS) {
      const rows = used.slice(start, start + AUDIT_TOPICS);
      const names = rows.map(({ topic }) => topic);
      const found = await sink.admin.run((admin) => partitionsOf(admin, names));
      for (const { topic, partitions } of rows.filter((row) => found.get(row.topic) !== row.partitions)) {
        if (!leadership.held()) return;
        log.warn({ topic, partitions, found: found.get(topic) ?? 0 }, 'a topic is not as it was');
        await sink.open(topic).catch((error: unknown) => failures.push(error));
        readAt = Number.NEGATIVE_INFINITY;
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  async function pass(leadership: Leadership): Promise<void> {
    await readTopics();
    if (!leadership.held()) return;
    await decide();
    const readable = topics.filter(({ state, heldUntil }) => state !== 'ending' && heldUntil === null);
    const failures: unknown[] = [];
    const attempt = async (work: () => Promise<void>) => {
      if (leadership.closing.aborted || !leadership.held()) return;
      await work().catch((error: unknown) => failures.push(error));
    };
    await attempt(() => access.reconcile(accessRules(catalog(), readable, revocations, now())));
    for (const row of topics.filter(({ state }) => state === 'ending')) {
      await attempt(() => endTopic(options, row));
      readAt = Number.NEGATIVE_INFINITY;
    }
    if (sink.up() && performance.now() - auditedAt >= AUDIT_EVERY) await attempt(() => audit(leadership));
    if (failures.length > 0) throw failures[0];
  }

  /** Waits; `notify` and the end of the leadership end the wait early. */
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
      notify = end;
    });
  }

  function recheck(): void {
    readAt = Number.NEGATIVE_INFINITY;
    isDue = true;
    notify();
  }

  return {
    recheck,
    lost(topic) {
      access.forget(topic);
      recheck();
    },
    async keep(leadership) {
      const over = AbortSignal.any([leadership.signal, leadership.closing]);
      readAt = Number.NEGATIVE_INFINITY;
      let passedAt = Number.NEGATIVE_INFINITY;
      let seen: Catalog | undefined;
      let failed = 0;
      const outages = noteOutages(log, IN_STEP);
      const forget = revocations.onRevoked(({ kind }) => {
        if (kind === 'token') return; // a topic does not depend on a token
        isDue = true;
        notify();
      });
      const stopWaiting = onClosing(leadership, () => sink.up(), sink.admin.interrupt);
      while (!over.aborted) {
        const current = catalog();
        if (isDue || current !== seen || performance.now() - passedAt >= PASS_EVERY) {
          isDue = false;
          try {
            await pass(leadership);
            seen = current;
            failed = 0;
            outages.worked();
          } catch (error) {
            failed += 1;
            outages.failed(error);
          }
          passedAt = performance.now();
        }
        await pause(failed > 0 ? Math.min(5000, 250 * 2 ** Math.min(failed, 8)) : CATALOG_CHECK_EVERY, over);
      }
      forget();
      stopWaiting();
    },
  };
}

/** Calls `interrupt` when closing no longer waits for Kafka. @returns a function that removes the listeners */
function onClosing({ signal, closing }: Leadership, isUp: () => boolean, interrupt: () => void): () => void {
  const onAbort = () => {
    if (closing.aborted && (signal.aborted || !isUp())) interrupt();
  };
  for (const one of [signal, closing]) one.addEventListener('abort', onAbort);
  return () => {
    for (const one of [signal, closing]) one.removeEventListener('abort', onAbort);
  };
}

/** The label values of the metric `kafkaTopics`. A topic may count in two of them. */
const STATES: Readonly<Record<string, (row: TopicRow) => boolean>> = {
  open: ({ state, heldUntil }) => state === 'open' && heldUntil === null,
  kept: ({ state, heldUntil }) => state === 'kept' && heldUntil === null,
  held: ({ state, heldUntil }) => state !== 'ending' && heldUntil !== null,
  ending: ({ state }) => state === 'ending',
  troubled: ({ state, heldUntil, trouble }) => state === 'open' && heldUntil === null && trouble !== null,
};

/** The next state of a topic. */
export type Fate =
  /** The topic is deleted. */
  | { readonly to: 'end'; readonly reason: TopicEndReason }
  /** The topic waits for its grant to come back until a moment: milliseconds since the epoch. */
  | { readonly to: 'hold'; readonly reason: RemovalReason; readonly until: number }
  /** The grant of a held topic is back. */
  | { readonly to: 'resume' }
  /** A newer generation has replaced the topic: nothing more is written to it. */
  | { readonly to: 'keep' };

export interface FateContext {
  readonly isRevoked: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly graces: Graces;
}

/** Decides the fate of a topic. @returns `undefined`: the topic stays in its state */
export function fateOf(
  row: TopicRow,
  grant: StreamGrant | undefined,
  catalog: Pick<Catalog, 'agreements'>,
  { isRevoked, now, graces }: FateContext,
): Fate | undefined {
  if (row.state === 'ending') return undefined;
  if (isRevoked) return { to: 'end', reason: 'revoked' };
  if (row.state === 'kept' && row.deleteAfter !== null && row.deleteAfter <= now) {
    return { to: 'end', reason: 'widened' };
  }
  const reason = removalOf(row, grant, catalog, now);
  if (reason) {
    const until = row.heldUntil ?? now + graceOf(graces, grant !== undefined);
    if (until <= now) return { to: 'end', reason };
    return row.heldUntil === null ? { to: 'hold', reason, until } : undefined;
  }
  if (row.heldUntil !== null) return { to: 'resume' };
  return row.state === 'open' && !row.current ? { to: 'keep' } : undefined;
}

/** The reason why access to the topic has ended; `undefined`: the grant covers everything that the topic may hold. */
function removalOf(
  row: Pick<TopicRow, 'agreement' | 'fields' | 'scope' | 'current'>,
  grant: StreamGrant | undefined,
  { agreements }: Pick<Catalog, 'agreements'>,
  now: number,
): RemovalReason | undefined {
  if (!grant) return agreements.has(row.agreement) ? 'narrowed' : 'removed';
  if (termStatus(grant.agreement, now) === 'expired') return 'ended';
  return stillGranted(row, grant) ? undefined : 'narrowed';
}

/**
 * Does the grant disclose every field of every row that the topic may hold? Earlier releases wrote a merged province in place of the
 * provinces that became part of it, whenever the agreement began; an older generation may come from such a release.
 */
function stillGranted(
  { fields, scope: stored, current }: Pick<TopicRow, 'fields' | 'scope' | 'current'>,
  grant: StreamGrant,
): boolean {
  const disclosed = new Set(grant.fields.disclosed);
  const scope = current ? stored : stored && widen(stored);
  const rows = Object.entries(grant.scope?.within ?? {}).every(
    ([name, values]) => scope?.[name]?.every((value) => values.includes(value)) ?? false,
  );
  return rows && fields.every((field) => disclosed.has(field));
}
