/** read the subscription that is asked for: the body names the registry, whose change stream names the call from here on. */
import type { Catalog } from '../../../catalog/catalog.ts';
import { scopeOf } from '../../../catalog/grant/stream-scopes.ts';
import { Problem } from '../../../problems/problem.ts';
import { checks } from '../../../problems/sentences/checks.ts';
import type { JsonBody } from '../../../wire/json-body.ts';
import type { BodyRead, Call, OfStream, Subscribing } from '../../call.ts';
import { subscriptionRequest } from '../../input/subscription-request.ts';

/** @throws Problem `contract_violation` */
export function readSubscription<C extends Call & BodyRead>(
  call: C,
  { catalog }: { readonly catalog: Catalog },
): C & OfStream & Subscribing {
  const body = (call.request.body as JsonBody | undefined)?.value;
  const { url, registry, entities = null, from = 'now' } = subscriptionRequest(body);
  const service = scopeOf(registry, 'changes');
  if (!catalog.streams.has(service)) {
    throw new Problem('contract_violation', { errors: [{ pointer: '/registry', ...checks.noChanges }] });
  }
  return { ...call, service, registry, use: 'changes', asked: { url, entities, from } };
}
