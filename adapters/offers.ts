/**
 * The services of an adapter, version by version. Every contract is checked against it before the gateway starts anything. A registry
 * states its offer beside its variables (`adapters/{name}/config.ts`), and the conformance suites compare the adapter with it.
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

/** Derives the offer of an adapter. */
export function offerOf({ operations, writes = {}, scans = {}, journal = [] }: Adapter): Offer {
  return {
    operations: Object.keys(operations),
    writes: Object.keys(writes),
    scans: Object.keys(scans),
    journal,
  };
}
