/** find the stream: the registry that the path names -> its change stream, whose scope names the call from here on. */
import type { Catalog } from '../../../catalog/catalog.ts';
import { scopeOf } from '../../../catalog/grant/stream-scopes.ts';
import { Problem } from '../../../problems/problem.ts';
import type { Call, OfStream } from '../../call.ts';

/** @throws Problem `route_not_found` */
export function findStream<C extends Call>(
  call: C,
  { catalog }: { readonly catalog: Catalog },
): C & OfStream {
  const { registry } = call.request.params as { registry: string };
  const service = scopeOf(registry, 'changes');
  if (!catalog.streams.has(service)) throw new Problem('route_not_found');
  // Pages or events: by what the caller accepts.
  return { ...call, registry, use: 'changes', service, headers: { ...call.headers, vary: 'Accept' } };
}
