/** Announces the subscriptions that a catalogue would end. The leader later decides by the same function (`subscribers.ts`). */
import type { Catalog } from '../../../catalog/catalog.ts';
import type { EndingReason } from '../../../catalog/diff/endings.ts';
import type { RevocationCheck } from '../../../identity/revocations.ts';
import type { Graces } from '../../relay/graces.ts';
import type { Removal, Removals } from '../../relay/sink.ts';
import { judge } from './subscribers.ts';
import type { EndReason, Subscription } from './subscription.ts';
import type { Subscriptions } from './subscriptions.ts';

interface SubscriptionRemovalParts {
  readonly subscriptions: Pick<Subscriptions, 'living' | 'held'>;
  readonly revocations: Pick<RevocationCheck, 'has'>;
  readonly graces: Graces;
}

export function subscriptionRemovals(parts: SubscriptionRemovalParts): Removals {
  const { subscriptions } = parts;
  return {
    member: 'webhooks',
    async announce(_before, after, agreements, now) {
      const living = (await subscriptions.living()).filter(({ agreement }) => agreements.has(agreement));
      return living.flatMap((subscription) => removalOf(parts, subscription, after, now));
    },
    held: async () =>
      (await subscriptions.held()).map(({ agreement, id, heldUntil }) => ({
        ...{ agreement, destination: id, at: heldUntil?.getTime() ?? 0 },
      })),
  };
}

function removalOf(
  { revocations, graces }: SubscriptionRemovalParts,
  subscription: Subscription,
  after: Catalog,
  now: number,
): Removal[] {
  const { agreement, id: destination } = subscription;
  const verdict = judge(subscription, after, revocations, now);
  if (!('reason' in verdict) || subscription.heldUntil) return [];
  const reason = REASONS[verdict.reason];
  const at = now + (verdict.grace ? graces[verdict.grace] : 0);
  return reason ? [{ agreement, destination, reason, at }] : [];
}

/** Without revocations, which no catalogue makes. */
const REASONS: Readonly<Partial<Record<EndReason, EndingReason>>> = {
  agreement_withdrawn: 'removed',
  agreement_expired: 'ended',
  agreement_narrowed: 'narrowed',
};
