/** Does any system of a catalogue use a client certificate, to authenticate or to bind its tokens? */
import type { Catalog } from '../../catalog/catalog.ts';

const known = new WeakMap<Catalog, boolean>();

export function usesCertificates(catalog: Catalog): boolean {
  let uses = known.get(catalog);
  if (uses === undefined) {
    uses = [...catalog.systems.values()].some(
      ({ binding, certificate }) => binding === 'mtls' || certificate !== undefined,
    );
    known.set(catalog, uses);
  }
  return uses;
}
