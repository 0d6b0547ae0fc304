/** The agencies that take part: the document of `GET /v1/catalog/agencies`, the same for every caller. */
import type { Agency, Catalog, Contact } from '../catalog/catalog.ts';
import { holders } from './how-to-ask.ts';

export interface AgencyEntry {
  readonly code: string;
  readonly name: Agency['name'];
  readonly contact?: Contact;
  readonly systems: readonly { readonly id: string; readonly name: Agency['name'] }[];
  /** Registries that the agency holds. */
  readonly registries: readonly string[];
}

const known = new WeakMap<Catalog, readonly AgencyEntry[]>();

/** Every agency of the catalogue, by code. */
export function agencies(catalog: Catalog): readonly AgencyEntry[] {
  let entries = known.get(catalog);
  if (!entries) {
    const systems = Map.groupBy(catalog.systems.values(), ({ agency }) => agency.code);
    const held = [...holders(catalog)];
    entries = [...catalog.agencies.values()]
      .sort((a, b) => (a.code < b.code ? -1 : 1))
      .map(({ code, name, contact }) => ({
        code,
        name,
        ...(contact && { contact }),
        systems: (systems.get(code) ?? []).map(({ id, name: title }) => ({ id, name: title })),
        registries: held
          .filter(([, by]) => [...by].some((agency) => agency.code === code))
          .map(([name]) => name),
      }));
    known.set(catalog, entries);
  }
  return entries;
}
