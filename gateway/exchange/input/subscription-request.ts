/** The request for a subscription, and a subscription as its owner reads it. Their schemas: `schemas/subscription.ts`. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { compileLazily } from '../../catalog/vocabulary/compile-lazily.ts';
import type { SubscriptionStatus } from '../../changes/sinks/webhooks/subscription.ts';
import { Problem } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';
import { violationsOf } from '../../problems/violations.ts';
import { subscriptionRequestSchema } from '../schemas/subscription.ts';

export interface SubscriptionRequest {
  readonly url: string;
  readonly registry: string;
  readonly entities?: readonly string[];
  readonly from?: 'now' | 'oldest';
}

const isRequest = compileLazily<SubscriptionRequest>(() =>
  new Ajv2020({ strict: true, allErrors: true }).compile(subscriptionRequestSchema),
);

/** @throws Problem `contract_violation` */
export function subscriptionRequest(body: unknown): SubscriptionRequest {
  if (!isRequest(body)) throw new Problem('contract_violation', { errors: violationsOf(isRequest.errors) });
  const { url } = body;
  if (!URL.canParse(url) || url.includes('#')) {
    throw new Problem('contract_violation', {
      errors: [{ pointer: '/url', ...checks.addressForm }],
    });
  }
  // As it will be called, and as the signatures of deliveries name it.
  return { ...body, url: new URL(url).href };
}

/** A subscription as its owner reads it. */
export function subscriptionDocument(status: SubscriptionStatus): object {
  const { id, agreement, registry, entities, url, state, reason, createdAt, sequence, deliveredAt } = status;
  const { heldUntil } = status;
  const { failingSince, attempts, retryAt, failure, deadLetters } = status;
  return {
    ...{ id, agreement, registry, entities, url, state, reason, heldUntil, createdAt, sequence },
    lastDeliveryAt: deliveredAt,
    failing: failingSince && { since: failingSince, attempts, nextAt: retryAt, failure },
    deadLetters,
  };
}
