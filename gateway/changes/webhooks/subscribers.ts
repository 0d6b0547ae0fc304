/**
 * Whom the leader of the webhooks tells: the subscriptions that are active, each with what its agreement grants now.
 *
 * One whose agreement was revoked, has expired or grants less than before ends, as does one of a system that is revoked;
 * that is evidence. It does not come back by itself when the reason goes: its owner makes another, and so agrees to what is
 * granted then. More than before is granted as it comes.
 *
 * One whose grant left the catalogue is held for the grace time, and ends after it: nothing is delivered to it, and when the
 * grant comes back meanwhile it goes on at its cursor.
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
  readonly subscriptions: Pick<Subscriptions, 'version' | 'living' | 'regrant' | 'hold' | 'resume'>;
  readonly end: (subscription: Subscription, reason: EndReason) => Promise<void>;
  readonly catalog: () => Catalog;
  readonly revocations: Pick<RevocationCheck, 'has'>;
  /** Milliseconds for which a grant that left the catalogue is waited for. */
  readonly grace: number;
  readonly now: () => number;
  readonly log: Logger;
}

export function createWebhookSubscribers(options: WebhookSubscribersOptions): WebhookSubscribers {
  const { subscriptions, end, catalog, revocations, grace, now, log } = options;
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

  /** What cannot be stored is tried again at the next look, and holds up no other subscription. */
  async function attempt({ id }: Subscription, what: string, work: Promise<void>): Promise<void> {
    await work.catch((error) => log.warn({ err: error, subscription: id }, `${what} cannot be recorded`));
  }

  async function leaveOut(subscription: Subscription, { reason, waits }: Ending): Promise<void> {
    const { id, heldUntil, agreement } = subscription;
    const until = heldUntil?.getTime() ?? now() + grace;
    if (!waits || until <= now()) {
      return attempt(subscription, 'the end of a subscription', end(subscription, reason));
    }
    if (heldUntil) return;
    log.warn(
      { subscription: id, agreement, graceHours: grace / HOUR },
      'a subscription is held: its grant left the catalogue',
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
          log.info(
            { subscription: subscription.id },
            'a subscription goes on: its grant is back in the catalogue',
          );
          await subscriptions.resume(subscription.id);
        }
        if (subscription.state !== 'active') continue;
        const subscriber = subscriberOf(subscription, verdict.grants);
        // Before it is told more: what it has now is what it may not lose later.
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

const HOUR = 3_600_000;

export interface Ending {
  readonly reason: EndReason;
  /** It may be a mistake: the grant is not there, and nothing says that it is over. */
  readonly waits: boolean;
}

/** What a subscription is granted, or why it must end. */
export function judge(
  { system, agency, agreement: number, registry, entities, granted }: Subscription,
  catalog: Catalog,
  revocations: Pick<RevocationCheck, 'has'>,
  now: number,
): { readonly grants: readonly StreamGrant[] } | Ending {
  if (revocations.has('system', system)) return atOnce('system_revoked');
  if (revocations.has('agency', agency)) return atOnce('agency_revoked');
  if (revocations.has('agreement', number)) return atOnce('agreement_revoked');
  const all = (catalog.feeds.get(system)?.get(registry) ?? []).filter(
    ({ agreement }) => agreement.number === number,
  );
  const [first] = all;
  if (!first) return { reason: 'agreement_withdrawn', waits: true };
  if (standingOf(first.agreement, now) === 'expired') return atOnce('agreement_expired');
  const grants = grantsOf(all, entities);
  const given = grantedBy(all);
  const isThere = (entity: string) => Object.hasOwn(given, entity);
  const left = Object.fromEntries(Object.entries(granted).filter(([entity]) => isThere(entity)));
  // Fewer fields or rows are a decision; an entity that is not there may be a mistake, as an agreement may.
  if (isNarrowed(left, given)) return atOnce('agreement_narrowed');
  const isWhole = Object.keys(granted).every(isThere);
  return grants && isWhole ? { grants } : { reason: 'agreement_narrowed', waits: true };
}

const atOnce = (reason: EndReason): Ending => ({ reason, waits: false });
