/**
 * WEBHOOKS. A system subscribes with an address of its own, and the gateway delivers changes there.
 *
 *     subscriptions.ts   the subscriptions (subscription.ts) in PostgreSQL; challenge.ts verifies their endpoints
 *     subscribers.ts     the subscriptions that may receive now, by the present grants (granted.ts); it ends the others
 *     cursors.ts         the cursor of each subscription, and how its last delivery failed
 *     sink.ts            sends one signed POST for each batch (post.ts, slots.ts), and decides when to try again (retries.ts)
 */
import { randomUUIDv7 } from 'node:crypto';
import type { Logger } from 'pino';
import type { Catalog, StreamGrant } from '../../../catalog/catalog.ts';
import { undeclared } from '../../../circumstances/recorded-circumstances.ts';
import type { EvidenceEntry, EvidenceLog } from '../../../evidence/evidence.ts';
import type { RevocationCheck } from '../../../identity/revocations.ts';
import { OutboundRefused } from '../../../net/outbound.ts';
import { Problem } from '../../../problems/problem.ts';
import { checks } from '../../../problems/sentences/checks.ts';
import type { Pool } from '../../../store/pool.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import type { Graces } from '../../relay/graces.ts';
import type { ChangeSink } from '../../relay/sink.ts';
import { dataIn, numbered, type Renderer } from '../../render/event.ts';
import type { SharedRenderer } from '../../render/rendered-events.ts';
import { verifyEndpoint } from './challenge.ts';
import { createWebhookCursors } from './cursors.ts';
import { grantedBy } from './granted.ts';
import { measureWebhooks } from './measure.ts';
import type { PostParts } from './post.ts';
import { subscriptionRemovals } from './removals.ts';
import { createWebhookTransport, webhookOutcomes, webhookRefusals } from './sink.ts';
import { createWebhookSubscribers } from './subscribers.ts';
import type { Subscription, SubscriptionEndReason, SubscriptionStatus } from './subscription.ts';
import { type NewSubscription, openSubscriptions } from './subscriptions.ts';

export interface WebhookParts extends PostParts {
  /** Milliseconds after which a failing delivery is given up. */
  readonly giveUpAfter: number;
  /** The most subscriptions of one system that have not ended. */
  readonly perSystem: number;
}

export interface WebhooksOptions {
  readonly parts: WebhookParts;
  readonly pool: Pool;
  readonly evidence: EvidenceLog;
  readonly catalog: () => Catalog;
  readonly revocations: Pick<RevocationCheck, 'has'>;
  readonly renderOnce: SharedRenderer;
  readonly metrics: Metrics;
  readonly graces: Graces;
  readonly now: () => number;
  readonly log: Logger;
}

export interface Webhooks {
  /** @throws Problem `contract_violation` for an address that the gateway does not call */
  checkAddress(url: string): void;
  /** Milliseconds that an endpoint has for an answer. */
  readonly answerTime: number;
  /**
   * MUST be called first, so that the gateway verifies no endpoint for a subscription that it could not store.
   * @throws Problem `subscriptions_exhausted`; PostgreSQL's absence
   */
  requireRoom(asked: Pick<NewSubscription, 'system' | 'agreement'>): Promise<void>;
  /** Verifies the endpoint. @returns the id for the subscription. @throws Problem `endpoint_unverified` */
  verify(
    asked: Pick<NewSubscription, 'agreement' | 'registry' | 'url'>,
    signal: AbortSignal,
  ): Promise<NewSubscription['id']>;
  /**
   * Makes the subscription, whose endpoint MUST be verified.
   * @param evidence committed with it
   * @throws Problem `subscriptions_exhausted`, `evidence_unavailable`; PostgreSQL's absence
   */
  subscribe(
    verified: Omit<NewSubscription, 'granted'>,
    grants: readonly StreamGrant[],
    evidence: EvidenceEntry,
  ): Promise<SubscriptionStatus>;
  list(system: string): Promise<SubscriptionStatus[]>;
  find(id: string, system: string): Promise<SubscriptionStatus | undefined>;
  /** @returns `false`: it had ended */
  change(
    id: string,
    to: { readonly state: 'active' | 'paused' } | { readonly state: 'ended'; readonly reason: 'deleted' },
    evidence: EvidenceEntry,
  ): Promise<boolean>;
  readonly sink: ChangeSink;
}

/** How long ended subscriptions are kept. */
const ENDED_DAYS = 30;
const MEASURING = {
  begins: 'the webhooks cannot be measured',
  ends: 'the webhooks are measured again',
};

export function createWebhooks(options: WebhooksOptions): Webhooks {
  const { pool, evidence, catalog, metrics, log, renderOnce } = options;
  const parts: WebhookParts = {
    ...options.parts,
    onUnanswered: (seen) => log.info(seen, 'an endpoint gave no answer'),
  };
  const subscriptions = openSubscriptions(pool, evidence, options.now);
  const cursors = createWebhookCursors(pool);

  async function end(subscription: Subscription, reason: SubscriptionEndReason): Promise<void> {
    const entry = endOf(subscription, reason, catalog());
    if (await subscriptions.change(subscription.id, { state: 'ended', reason }, entry)) {
      log.info(
        { subscription: subscription.id, system: subscription.system, reason },
        'a subscription ended',
      );
    }
  }

  const subscribers = createWebhookSubscribers({ ...options, subscriptions, end });
  const transport = createWebhookTransport({
    ...options,
    post: parts,
    cursors,
    find: subscribers.find,
    active: subscribers.active,
    end,
    giveUpAfter: parts.giveUpAfter,
  });

  /** Events are rendered once for all subscriptions of an agreement; only the number differs. */
  const rendererOf =
    (grant: StreamGrant): Renderer =>
    (changes, sequence) => {
      const events = [];
      const rendered = [];
      const subjects = new Set<string>();
      for (const change of changes) {
        const one = renderOnce(grant, change);
        if (!one) continue;
        rendered.push(change);
        const { attributes, halves } = one;
        events.push({
          ...attributes,
          data: dataIn(halves),
          halves,
          sequence: numbered(sequence + rendered.length),
        });
        for (const subject of one.subjects) subjects.add(subject);
      }
      return { events, changes: rendered, subjects: [...subjects], sequence: sequence + rendered.length };
    };

  return {
    checkAddress(url) {
      try {
        parts.outbound.check(url);
      } catch (cause) {
        if (!(cause instanceof OutboundRefused)) throw cause;
        throw new Problem('contract_violation', {
          errors: [{ pointer: '/url', ...checks.addressRefused }],
        });
      }
    },
    answerTime: parts.timeout,
    requireRoom: (asked) => subscriptions.requireRoom(asked, parts.perSystem),
    async verify(asked, signal) {
      const id = randomUUIDv7();
      const reason = await verifyEndpoint(parts, { ...asked, id }, signal);
      if (reason) throw new Problem('endpoint_unverified', { agreement: asked.agreement, reason });
      return id;
    },
    subscribe: (verified, grants, entry) =>
      subscriptions.create({ ...verified, granted: grantedBy(grants) }, parts.perSystem, entry),
    list: subscriptions.list,
    find: subscriptions.find,
    change: subscriptions.change,
    sink: {
      ...{ name: 'webhook', transport, cursors, rendererOf, subscribers: subscribers.refresh, checks: [] },
      ...{ refusals: webhookRefusals, outcomes: webhookOutcomes, measuring: MEASURING },
      onLeader: (leads) => metrics.webhookLeader.set(leads ? 1 : 0),
      backlog: () => measureWebhooks(pool, metrics),
      removals: subscriptionRemovals({ ...options, subscriptions }),
      prune: () => subscriptions.prune(ENDED_DAYS),
    },
  };
}

/** No call ended the subscription, so the evidence names its owner. */
function endOf(
  { system, agency, agreement, registry }: Subscription,
  reason: SubscriptionEndReason,
  { agreements }: Catalog,
): EvidenceEntry {
  return {
    ...{ requestId: randomUUIDv7(), kind: 'subscription', agency, system, agreement },
    ...{ ...undeclared, keyThumbprint: undefined, tokenId: undefined },
    legalBasis: agreements.get(agreement)?.legalBasis ?? [],
    ...{ service: `${registry}.changes.read` },
    ...{ subjects: [], fields: undefined, status: 410, code: undefined, reason },
    ...{ request: undefined, response: undefined },
  };
}
