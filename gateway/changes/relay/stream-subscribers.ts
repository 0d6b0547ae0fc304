/** Subscribers of a sink that serves agreement streams: one for each agreement, registry and entity of the catalogue. */
import type { Catalog, StreamGrant } from '../../catalog/catalog.ts';
import type { Subscriber } from './subscriber.ts';

const known = new WeakMap<StreamGrant, Subscriber>();

/** The same object for the same grant, so that a swap of the catalogue restarts only changed streams. */
export function streamSubscribers({ streamGrants, systems }: Catalog): Subscriber[] {
  return streamGrants.map((grant) => {
    const { agreement, entity } = grant;
    const agency = systems.get(agreement.consumer)?.agency.code ?? agreement.consumer;
    const same = known.get(grant);
    if (same?.agency === agency) return same;
    const subscriber = {
      key: `${agreement.number}/${entity.registry}/${entity.name}`,
      registry: entity.registry,
      agreement,
      system: agreement.consumer,
      agency,
      grants: [grant],
    };
    known.set(grant, subscriber);
    return subscriber;
  });
}
