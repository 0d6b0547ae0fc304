/** change the subscription: pause it, resume it or end it, with the evidence of that in one transaction. */
import type { Webhooks } from '../../../changes/sinks/webhooks/webhooks.ts';
import { Problem } from '../../../problems/problem.ts';
import type { Call, Identified, MaybeDeclared, OfChange, OfSubscription, Signed } from '../../call.ts';
import { entryOf } from '../../record/record.ts';

/** How evidence names what was done. */
const words = { active: 'resumed', paused: 'paused', ended: 'deleted' } as const;

/** @throws Problem (rejects with it) `subscription_ended`, `subscription_unknown`, `store_unavailable`, `evidence_unavailable` */
export async function changeSubscription<
  C extends Call & Identified & MaybeDeclared & Signed & OfChange & OfSubscription,
>(call: C, { webhooks }: { readonly webhooks: Pick<Webhooks, 'change' | 'find'> }): Promise<C> {
  const { to, caller } = call;
  const { id, agreement } = call.subscription;
  const evidence = entryOf(call, {
    ...{ kind: 'subscription', status: 200, code: undefined, reason: words[to.state] },
    ...{ subjects: [], fields: undefined, response: undefined },
  });
  const changed = await webhooks.change(id, to, evidence);
  if (!changed) throw new Problem('subscription_ended', { agreement });
  const subscription = await webhooks.find(id, caller.system);
  if (!subscription) throw new Problem('subscription_unknown');
  return { ...call, subscription };
}
