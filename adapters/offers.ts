/**
 * What an adapter serves, version by version: a contract is held against it before anything starts. A registry states its offer
 * beside its variables (`adapters/{name}/config.ts`), and the conformance suites hold the adapter to it.
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

/** What an adapter serves. */
export function offerOf({ operations, writes = {}, scans = {}, journal = [] }: Adapter): Offer {
  return {
    operations: Object.keys(operations),
    writes: Object.keys(writes),
    scans: Object.keys(scans),
    journal,
  };
}
