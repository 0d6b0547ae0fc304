/**
 * The subscribers of the webhooks: the active subscriptions, each with the present grants of its agreement.
 *
 * A subscription ends, with evidence, when an operator revokes its agreement, system or agency. Lifting the revocation does not
 * bring it back: its owner makes another one, and so accepts the grants of that time.
 *
 * A subscription is held for a grace time (`relay/graces.ts`) when its agreement has expired, grants less than before or left the
 * catalogue. Nothing is delivered to it meanwhile. If the grant comes back, the subscription goes on at its cursor; otherwise it
 * ends, with evidence. A wider grant takes effect at once.
 */
import type { Logger } from 'pino';
import type { Catalog, StreamGrant } from '../../../catalog/catalog.ts';
import { termStatus } from '../../../catalog/grant/term.ts';
import type { RevocationCheck } from '../../../identity/revocations.ts';
import type { Graces } from '../../relay/graces.ts';
import type { Subscriber } from '../../relay/subscriber.ts';
import { grantedBy, grantsOf, isNarrowed } from './granted.ts';
import type { EndReason, Subscription } from './subscription.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface WebhookSubscribers {
  /** Reads all subscriptions, and ends those that must end. @throws PostgreSQL's errors */
  look(): Promise<readonly Subscriber[]>;
  /** An active subscription, as of the last `look`. */
  find(id: string): Subscription | undefined;
  /** How many were active at the last `look`. */
  active(): number;
}

export interface WebhookSubscribersOptions {
  readonly subscriptions: Pick<Subscriptions, 'version' | 'living' | 'regrant' | 'hold' | 'resume'>;
  readonly end: (subscription: Subscription, reason: EndReason) => Promise<void>;
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

  /** The same object for as long as its grants are the same. */
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

  /** A write that fails is tried again at the next `look`, and delays no other subscription. */
  async function attempt({ id }: Subscription, what: string, work: Promise<void>): Promise<void> {
    await work.catch((error) => log.warn({ err: error, subscription: id }, `${what} cannot be recorded`));
  }

  async function leaveOut(subscription: Subscription, { reason, grace }: Ending): Promise<void> {
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
        if ('reason' in verdict) {
          await leaveOut(subscription, verdict);
          continue;
        }
        if (subscription.heldUntil) {
          log.info({ subscription: subscription.id }, 'a subscription goes on: its grant is there again');
          await subscriptions.resume(subscription.id);
        }
        if (subscription.state !== 'active') continue;
        const subscriber = subscriberOf(subscription, verdict.grants);
        // Stored before the first delivery under a wider grant: a later narrowing is measured against it.
        const granted = grantedBy(verdict.grants);
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

export interface Ending {
  readonly reason: EndReason;
  /** The grace time, if the ending may be a mistake; `undefined`: it takes effect at once. */
  readonly grace: keyof Graces | undefined;
}

/** @returns the grants of a subscription, or why it must end */
export function judge(
  { system, agency, agreement: number, registry, entities, granted }: Subscription,
  catalog: Catalog,
  revocations: Pick<RevocationCheck, 'has'>,
  now: number,
): { readonly grants: readonly StreamGrant[] } | Ending {
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
  const given = grantedBy(all);
  const isThere = (entity: string) => Object.hasOwn(given, entity);
  const left = Object.fromEntries(Object.entries(granted).filter(([entity]) => isThere(entity)));
  if (isNarrowed(left, given)) return { reason: 'agreement_narrowed', grace: 'stated' };
  const isWhole = Object.keys(granted).every(isThere);
  return grants && isWhole ? { grants } : { reason: 'agreement_narrowed', grace: 'absent' };
}

const revoked = (reason: EndReason): Ending => ({ reason, grace: undefined });
