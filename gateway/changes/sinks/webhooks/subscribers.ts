/**
 * The subscribers of the webhooks: the active subscriptions, each with the present grants of its agreement.
 *
 * A subscription ends, with evidence, when an operator revokes its agreement, system or agency. It stays ended when the revocation is
 * lifted: its owner makes another subscription, and thereby accepts the grants of that time.
 *
 * A subscription is held for a grace time (`relay/graces.ts`) when its agreement has expired, grants less than before or is no longer in
 * the catalogue. The gateway delivers nothing to a held subscription. If the grant comes back, the subscription continues at its cursor;
 * otherwise it ends, with evidence. A wider grant takes effect immediately.
 */
import type { Logger } from 'pino';
import type { Catalog, StreamGrant } from '../../../catalog/catalog.ts';
import { termStatus } from '../../../catalog/grant/term.ts';
import type { RevocationCheck } from '../../../identity/revocations.ts';
import type { Graces } from '../../relay/graces.ts';
import type { Subscriber } from '../../relay/subscriber.ts';
import { grantedBy, grantsOf, isNarrowed } from './granted.ts';
import type { Subscription, SubscriptionEndReason } from './subscription.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface WebhookSubscribers {
  /** Reads all subscriptions, and ends the ones without a grant. @throws PostgreSQL's errors */
  refresh(): Promise<readonly Subscriber[]>;
  /** An active subscription, as of the last `refresh`. */
  find(id: string): Subscription | undefined;
  /** The number of active subscriptions at the last `refresh`. */
  active(): number;
}

export interface WebhookSubscribersOptions {
  readonly subscriptions: Pick<Subscriptions, 'version' | 'living' | 'regrant' | 'hold' | 'resume'>;
  readonly end: (subscription: Subscription, reason: SubscriptionEndReason) => Promise<void>;
  readonly catalog: () => Catalog;
  readonly revocations: Pick<RevocationCheck, 'has'>;
  readonly graces: Graces;
  readonly now: () => number;
  readonly log: Logger;
}

export function createWebhookSubscribers(options: WebhookSubscribersOptions): WebhookSubscribers {
  const { subscriptions, end, catalog, revocations, graces, now, log } = options;
  let version = -1;
  let living: readonly Subscription[] = [];
  let active = new Map<string, Subscription>();
  const known = new Map<string, Subscriber>();

  /** Returns the same object for as long as the grants are the same. */
  function subscriberOf(subscription: Subscription, grants: readonly StreamGrant[]): Subscriber {
    const { id, registry, system, agency } = subscription;
    const before = known.get(id);
    const same =
      before?.grants.length === grants.length && before.grants.every((grant, i) => grant === grants[i]);
    if (same) return before;
    const { agreement } = grants[0]!;
    const subscriber = { key: id, registry, agreement, system, agency, grants };
    known.set(id, subscriber);
    return subscriber;
  }

  /** Logs the failure of a write. The next `refresh` repeats it; other subscriptions are not delayed. */
  async function attempt({ id }: Subscription, subject: string, work: Promise<void>): Promise<void> {
    await work.catch((error) => log.warn({ err: error, subscription: id }, `${subject} cannot be recorded`));
  }

  /** Holds the subscription for its grace time, and ends it afterwards. */
  async function holdOrEnd(subscription: Subscription, { reason, grace }: WithoutGrants): Promise<void> {
    const { id, heldUntil, agreement } = subscription;
    const until = heldUntil?.getTime() ?? now() + (grace ? graces[grace] : 0);
    if (!grace || until <= now()) {
      return attempt(subscription, 'the end of a subscription', end(subscription, reason));
    }
    if (heldUntil) return;
    log.warn(
      { subscription: id, agreement, reason, endsAt: new Date(until).toISOString() },
      'a subscription is held: it ends then, unless its grant comes back',
    );
    await attempt(subscription, 'the wait of a subscription', subscriptions.hold(id, until));
  }

  return {
    find: (id) => active.get(id),
    active: () => active.size,
    async refresh() {
      const newest = await subscriptions.version();
      if (newest !== version) {
        living = await subscriptions.living();
        version = newest;
      }
      const subscribers: Subscriber[] = [];
      const next = new Map<string, Subscription>();
      for (const subscription of living) {
        const present = presentGrants(subscription, catalog(), revocations, now());
        if ('reason' in present) {
          await holdOrEnd(subscription, present);
          continue;
        }
        if (subscription.heldUntil) {
          log.info({ subscription: subscription.id }, 'a subscription goes on: its grant is there again');
          await subscriptions.resume(subscription.id);
        }
        if (subscription.state !== 'active') continue;
        const subscriber = subscriberOf(subscription, present.grants);
        // A wider grant is stored before the first delivery under it, so that a later narrowing is compared with it.
        const granted = grantedBy(present.grants);
        if (isNarrowed(granted, subscription.granted)) {
          await subscriptions.regrant(subscription.id, granted);
        }
        next.set(subscription.id, subscription);
        subscribers.push(subscriber);
      }
      active = next;
      for (const id of known.keys()) if (!active.has(id)) known.delete(id);
      return subscribers;
    },
  };
}

/** A subscription that has lost its grants, or a part of them. */
interface WithoutGrants {
  readonly reason: SubscriptionEndReason;
  /** The grace time, if the loss may be a mistake; `undefined`: the subscription ends immediately. */
  readonly grace: keyof Graces | undefined;
}

/** @returns the grants of a subscription, or the reason why it must end */
export function presentGrants(
  { system, agency, agreement: number, registry, entities, granted }: Subscription,
  catalog: Catalog,
  revocations: Pick<RevocationCheck, 'has'>,
  now: number,
): { readonly grants: readonly StreamGrant[] } | WithoutGrants {
  if (revocations.has('system', system)) return revoked('system_revoked');
  if (revocations.has('agency', agency)) return revoked('agency_revoked');
  if (revocations.has('agreement', number)) return revoked('agreement_revoked');
  const all = (catalog.feeds.get(system)?.get(registry) ?? []).filter(
    ({ agreement }) => agreement.number === number,
  );
  const [first] = all;
  if (!first) return { reason: 'agreement_withdrawn', grace: 'absent' };
  if (termStatus(first.agreement, now) === 'expired') {
    return { reason: 'agreement_expired', grace: 'stated' };
  }
  const grants = grantsOf(all, entities);
  const grantedNow = grantedBy(all);
  const isGranted = (entity: string) => Object.hasOwn(grantedNow, entity);
  const kept = Object.fromEntries(Object.entries(granted).filter(([entity]) => isGranted(entity)));
  if (isNarrowed(kept, grantedNow)) return { reason: 'agreement_narrowed', grace: 'stated' };
  const isComplete = Object.keys(granted).every(isGranted);
  return grants && isComplete ? { grants } : { reason: 'agreement_narrowed', grace: 'absent' };
}

const revoked = (reason: SubscriptionEndReason): WithoutGrants => ({ reason, grace: undefined });
