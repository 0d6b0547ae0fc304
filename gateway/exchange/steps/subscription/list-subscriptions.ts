/** list the subscriptions of the caller's system, as far as the caller's token reaches. */
import type { SubscriptionStatus } from '../../../changes/sinks/webhooks/subscription.ts';
import type { Webhooks } from '../../../changes/sinks/webhooks/webhooks.ts';
import { type ManageParts, mayManage } from '../../authorisation.ts';
import type { BodyRead, Call, Identified, OfSubscriptions } from '../../call.ts';

/** @throws Problem (rejects with it) `store_unavailable` */
export async function listSubscriptions<C extends Call & Identified & BodyRead>(
  call: C,
  parts: ManageParts & { readonly webhooks: Pick<Webhooks, 'list'> },
): Promise<C & OfSubscriptions> {
  const { caller } = call;
  const all = await parts.webhooks.list(caller.system);
  const readable = (subscription: SubscriptionStatus) => mayManage(parts, caller, subscription);
  return { ...call, subscriptions: all.filter(readable) };
}
