/**
 * Whom the leader of the webhooks tells: the subscriptions that are active, each with what its agreement grants now.
 *
 * One whose agreement was revoked, has expired, left the catalogue or grants less than before ends, as does one of a system
 * that is out; that is evidence. It does not come back by itself when the reason goes: its owner makes another, and so
 * agrees to what is granted then. More than before is granted as it comes.
 */
import type { Logger } from 'pino';
import type { Catalog, StreamGrant } from '../../catalog/catalog.ts';
import { standingOf } from '../../catalog/term.ts';
import type { RevocationCheck } from '../../identity/revocations.ts';
import type { Subscriber } from '../subscriber.ts';
import { grantedBy, grantsOf, isNarrowed } from './granted.ts';
import type { EndReason, Subscription } from './subscription.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface WebhookSubscribers {
  /** Looks at all subscriptions, and ends those that must end. @throws whatever the store fails with */
  look(): Promise<readonly Subscriber[]>;
  /** One that `look` found active. */
  find(id: string): Subscription | undefined;
  /** How many of them there are. */
  active(): number;
}

export interface WebhookSubscribersOptions {
  readonly subscriptions: Pick<Subscriptions, 'version' | 'living' | 'regrant'>;
  readonly end: (subscription: Subscription, reason: EndReason) => Promise<void>;
  readonly catalog: () => Catalog;
  readonly revocations: Pick<RevocationCheck, 'has'>;
  readonly now: () => number;
  readonly log: Logger;
}

export function createWebhookSubscribers(options: WebhookSubscribersOptions): WebhookSubscribers {
  const { subscriptions, end, catalog, revocations, now, log } = options;
  let version = -1;
  let living: readonly Subscription[] = [];
  let active = new Map<string, Subscription>();
  const known = new Map<string, Subscriber>();

  /** The same object as long as nothing changes of what it is told. */
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

  async function endOf(subscription: Subscription, reason: EndReason): Promise<void> {
    await end(subscription, reason).catch((error) =>
      log.warn({ err: error, subscription: subscription.id }, 'the end of a subscription cannot be recorded'),
    );
  }

  return {
    find: (id) => active.get(id),
    active: () => active.size,
    async look() {
      const newest = await subscriptions.version();
      if (newest !== version) {
        living = await subscriptions.living();
        version = newest;
      }
      const subscribers: Subscriber[] = [];
      const next = new Map<string, Subscription>();
      for (const subscription of living) {
        const verdict = judge(subscription, catalog(), revocations, now());
        if (typeof verdict === 'string') {
          await endOf(subscription, verdict);
          continue;
        }
        if (subscription.state !== 'active') continue;
        const subscriber = subscriberOf(subscription, verdict);
        // Before it is told more: what it has now is what it may not lose later.
        const granted = grantedBy(verdict);
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

/** What it is granted, or why it must end. */
function judge(
  { system, agency, agreement: number, registry, entities, granted }: Subscription,
  catalog: Catalog,
  revocations: Pick<RevocationCheck, 'has'>,
  now: number,
): readonly StreamGrant[] | EndReason {
  if (revocations.has('system', system)) return 'system_revoked';
  if (revocations.has('agency', agency)) return 'agency_revoked';
  if (revocations.has('agreement', number)) return 'agreement_revoked';
  const all = (catalog.feeds.get(system)?.get(registry) ?? []).filter(
    ({ agreement }) => agreement.number === number,
  );
  const [first] = all;
  if (!first) return 'agreement_withdrawn';
  if (standingOf(first.agreement, now) === 'expired') return 'agreement_expired';
  const grants = grantsOf(all, entities);
  return grants && !isNarrowed(granted, grantedBy(grants)) ? grants : 'agreement_narrowed';
}
