/**
 * What the adapters of this build serve, version by version: a contract is held against it before anything starts. Each
 * row is what its adapter has (the conformance suites hold this); it is written down here because `lienthong check` has
 * no registry's address, and so no adapter.
 */
import type { Adapter } from './adapter.ts';

/** Keys with versions, as `Adapter` has them. */
export interface Offer {
  readonly operations: readonly string[];
  readonly writes: readonly string[];
  readonly scans: readonly string[];
  readonly journal: readonly string[];
}

/** By registry. */
export type Offers = ReadonlyMap<string, Offer>;

export const builtInOffers: Offers = new Map<string, Offer>([
  [
    'population',
    {
      operations: ['population.person.lookup@1', 'population.person.verify@1'],
      writes: ['population.residence.register@1'],
      scans: [],
      journal: [],
    },
  ],
  [
    'business',
    {
      operations: ['business.enterprise.lookup@1', 'business.enterprise.search@1'],
      writes: [],
      scans: ['enterprise@1'],
      journal: ['enterprise@1'],
    },
  ],
  [
    'land',
    {
      operations: ['land.parcel.lookup@1', 'land.parcel.find-by-owner@1', 'land.parcel.boundary@1'],
      writes: ['land.parcel.register-transfer@1'],
      scans: ['parcel@1'],
      journal: [],
    },
  ],
]);

/** What an adapter serves. */
export function offerOf({ operations, writes = {}, scans = {}, journal = [] }: Adapter): Offer {
  return {
    operations: Object.keys(operations),
    writes: Object.keys(writes),
    scans: Object.keys(scans),
    journal,
  };
}
