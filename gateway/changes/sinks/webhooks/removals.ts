/** Lists the subscriptions that a new catalogue would end. The leader later decides with the same function, `presentGrants`. */
import type { Catalog } from '../../../catalog/catalog.ts';
import type { EndingReason } from '../../../catalog/diff/endings.ts';
import type { RevocationCheck } from '../../../identity/revocations.ts';
import type { Graces } from '../../relay/graces.ts';
import type { Removal, Removals } from '../../relay/sink.ts';
import { presentGrants } from './subscribers.ts';
import type { Subscription, SubscriptionEndReason } from './subscription.ts';
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
  const future = presentGrants(subscription, after, revocations, now);
  if (!('reason' in future) || subscription.heldUntil) return [];
  const reason = REASONS[future.reason];
  const at = now + (future.grace ? graces[future.grace] : 0);
  return reason ? [{ agreement, destination, reason, at }] : [];
}

/** Revocations are absent, because an operator makes them and not a catalogue. */
const REASONS: Readonly<Partial<Record<SubscriptionEndReason, EndingReason>>> = {
  agreement_withdrawn: 'removed',
  agreement_expired: 'ended',
  agreement_narrowed: 'narrowed',
};
