/**
 * What a catalogue ends, by name, before it is taken on: topics and webhook subscriptions, and when they go. The same
 * functions decide here and later (`changes/sinks/kafka/topic-keeper.ts`, `changes/sinks/webhooks/subscribers.ts`), so that nothing else happens than
 * what was announced.
 */
import type { Catalog, StreamGrant } from '../catalog/catalog.ts';
import { compareEndings, type EndingReason } from '../catalog/diff/endings.ts';
import { standingOf } from '../catalog/grant/term.ts';
import type { Ending } from '../catalog/live/live.ts';
import type { RevocationCheck } from '../identity/revocations.ts';
import type { Graces } from './relay/graces.ts';
import { grantsByStream, keyOfStream } from './sinks/kafka/access/access-rules.ts';
import { fateOf } from './sinks/kafka/topic-keeper.ts';
import type { TopicLedger, TopicRow } from './sinks/kafka/topics/topic-ledger.ts';
import { judge } from './sinks/webhooks/subscribers.ts';
import type { Subscription } from './sinks/webhooks/subscription.ts';
import type { Webhooks } from './sinks/webhooks/webhooks.ts';

export interface EndingParts {
  /** None without Kafka. */
  readonly topics:
    | { readonly ledger: Pick<TopicLedger, 'there' | 'held'>; readonly keepFor: number }
    | undefined;
  readonly webhooks: Pick<Webhooks, 'living' | 'held'> | undefined;
  readonly revocations: Pick<RevocationCheck, 'has'>;
  readonly graces: Graces;
  readonly now: () => number;
}

/** One topic or subscription, and when it goes: milliseconds since the epoch. */
interface Removal {
  readonly agreement: string;
  readonly reason: EndingReason;
  readonly at: number;
  readonly topic?: string;
  readonly webhook?: string;
}

/**
 * What `after` ends in place of `before`; the store is asked only when there is something.
 * @throws what PostgreSQL says
 */
export async function endingsOf(parts: EndingParts, before: Catalog, after: Catalog): Promise<Ending[]> {
  const now = parts.now();
  const compared = compareEndings(before, after, now);
  if (compared.length === 0) return [];
  const touched = new Set(compared.map(({ agreement }) => agreement));
  const was = grantsByStream(before);
  const is = grantsByStream(after);
  const topics =
    (await parts.topics?.ledger.there())?.filter(({ agreement }) => touched.has(agreement)) ?? [];
  const webhooks = (await parts.webhooks?.living())?.filter(({ agreement }) => touched.has(agreement)) ?? [];
  const removals = [
    ...topics.flatMap((row) => {
      const key = keyOfStream(row.agreement, row.registry, row.entity);
      return topicRemoval(parts, row, was.get(key), is.get(key), after, now);
    }),
    ...webhooks.flatMap((subscription) => webhookRemoval(parts, subscription, after, now)),
  ];
  return gathered(compared, removals, now);
}

/**
 * What waits for a grant to come back, by agreement and moment.
 * @param now milliseconds since the epoch
 * @throws what PostgreSQL says
 */
export async function heldNow(
  { topics, webhooks }: Pick<EndingParts, 'topics' | 'webhooks'>,
  { agreements }: Pick<Catalog, 'agreements'>,
  now: number,
): Promise<Ending[]> {
  const reasonOf = (number: string): EndingReason => {
    const agreement = agreements.get(number);
    if (!agreement) return 'removed';
    return standingOf(agreement, now) === 'expired' ? 'ended' : 'narrowed';
  };
  const ofTopics = ((await topics?.ledger.held()) ?? []).map(
    ({ agreement, topic, heldUntil }): Removal => ({
      ...{ agreement, topic, at: heldUntil.getTime(), reason: reasonOf(agreement) },
    }),
  );
  const ofWebhooks = ((await webhooks?.held()) ?? []).map(
    ({ agreement, id, heldUntil }): Removal => ({
      ...{ agreement, webhook: id, at: heldUntil?.getTime() ?? 0, reason: reasonOf(agreement) },
    }),
  );
  return gathered([], [...ofTopics, ...ofWebhooks], 0);
}

function topicRemoval(
  { topics, revocations, graces }: EndingParts,
  row: TopicRow,
  was: StreamGrant | undefined,
  is: StreamGrant | undefined,
  after: Catalog,
  now: number,
): Removal[] {
  const { agreement, topic } = row;
  const isRevoked = revocations.has('agreement', agreement);
  const fate = fateOf(row, is, after, { isRevoked, now, graces });
  // The stream's next cursor makes this topic an old one.
  const isReplaced = row.state === 'open' && row.current && is !== undefined && was?.digest !== is.digest;
  const outcome = fate ?? (isReplaced ? ({ to: 'keep' } as const) : undefined);
  if (!outcome || isRevoked) return [];
  switch (outcome.to) {
    case 'hold':
      return [{ agreement, topic, reason: outcome.reason, at: outcome.until }];
    case 'keep':
      return [{ agreement, topic, reason: 'widened', at: now + (topics?.keepFor ?? 0) }];
    case 'end':
      return outcome.reason === 'revoked' ? [] : [{ agreement, topic, reason: outcome.reason, at: now }];
    case 'resume':
      return [];
  }
}

function webhookRemoval(
  { revocations, graces }: EndingParts,
  subscription: Subscription,
  after: Catalog,
  now: number,
): Removal[] {
  const { agreement, id } = subscription;
  const verdict = judge(subscription, after, revocations, now);
  if (!('reason' in verdict) || subscription.heldUntil) return [];
  const reason = WEBHOOK_REASONS[verdict.reason];
  return reason
    ? [{ agreement, webhook: id, reason, at: now + (verdict.grace ? graces[verdict.grace] : 0) }]
    : [];
}

/** Revocations are no matter of the catalogue. */
const WEBHOOK_REASONS: Readonly<Partial<Record<string, EndingReason>>> = {
  agreement_withdrawn: 'removed',
  agreement_expired: 'ended',
  agreement_narrowed: 'narrowed',
};

/** By agreement, reason and moment; also what has neither topic nor webhook, for the calls that it grants no more. */
function gathered(
  compared: ReturnType<typeof compareEndings>,
  removals: readonly Removal[],
  now: number,
): Ending[] {
  const groups = Map.groupBy(removals, ({ agreement, reason, at }) => `${agreement} ${reason} ${at}`);
  const lostBy = (agreement: string, reason: EndingReason) => {
    const those = compared.filter((one) => one.agreement === agreement && one.reason === reason);
    const targets = those.flatMap(({ target }) => target ?? []);
    const isStream = (target: string) => target.includes(' '); // stream and entity
    return {
      streams: targets.filter(isStream),
      services: targets.filter((target) => !isStream(target)),
      systems: [...new Set(those.flatMap(({ systems }) => systems))].sort(),
    };
  };
  const endings = [...groups.values()].map((members): Ending => {
    const { agreement, reason, at } = members[0]!;
    return {
      ...{ agreement, reason, ...lostBy(agreement, reason) },
      topics: members.flatMap(({ topic }) => topic ?? []),
      webhooks: members.flatMap(({ webhook }) => webhook ?? []),
      at: new Date(at).toISOString(),
    };
  });
  const named = new Set(endings.map(({ agreement, reason }) => `${agreement} ${reason}`));
  for (const { agreement, reason } of compared) {
    if (named.has(`${agreement} ${reason}`)) continue;
    named.add(`${agreement} ${reason}`);
    endings.push({
      ...{ agreement, reason, ...lostBy(agreement, reason), topics: [], webhooks: [] },
      at: new Date(now).toISOString(),
    });
  }
  return endings.sort((a, b) => a.agreement.localeCompare(b.agreement) || a.at.localeCompare(b.at));
}
