/**
 * find the subscription: one that the caller's system made; another's is not there. The change stream that it follows names the
 * call from here on.
 */
import { scopeOf } from '../../../catalog/grant/stream-scopes.ts';
import type { Webhooks } from '../../../changes/sinks/webhooks/webhooks.ts';
import { Problem } from '../../../problems/problem.ts';
import { UUID } from '../../../wire/uuid.ts';
import { type ManageParts, mayManage } from '../../authorisation.ts';
import type { BodyRead, Call, Identified, OfSubscription } from '../../call.ts';

/** @throws Problem (rejects with it) `subscription_unknown`, `insufficient_scope`, `store_unavailable` */
export async function findSubscription<C extends Call & Identified & BodyRead>(
  call: C,
  parts: ManageParts & { readonly webhooks: Pick<Webhooks, 'find'> },
): Promise<C & OfSubscription> {
  const { request, caller } = call;
  const id = (request.params as { id: string }).id.toLowerCase();
  const subscription = UUID.test(id) ? await parts.webhooks.find(id, caller.system) : undefined;
  if (!subscription) throw new Problem('subscription_unknown');
  const service = scopeOf(subscription.registry, 'changes');
  if (!mayManage(parts, caller, subscription)) {
    throw new Problem('insufficient_scope', { agreement: subscription.agreement });
  }
  return { ...call, subscription, service };
}
