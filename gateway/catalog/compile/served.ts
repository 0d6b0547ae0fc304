/**
 * Can a contract be served? Each version of a service is an operation of its registry's adapter, and an entity's records
 * come in the version that the adapter lists and reads them in: what the adapter lacks is an error of the catalogue, and
 * not of the first call. A registry that no adapter speaks to is served by pushes alone, and says so when it is called.
 */
import type { Offers } from '../../../adapters/offers.ts';
import type { Service, StreamEntity } from '../catalog.ts';

/** Nothing is held against adapters: for catalogues that are only compared or read. */
export const anyOffer: Offers = new Map();

/**
 * The operation that performs `service`: its own; or that of another version which takes and gives the very same
 * schemas, since such a version breaks its callers (its route, its limits) and not the adapter.
 * @param services all of the catalogue, by key
 * @returns `missing`: why no call could be answered
 */
export function operationOf(
  { key, name, registry, kind, requestSchema, responseSchema }: Service,
  services: ReadonlyMap<string, Service>,
  offers: Offers,
): { readonly key: string } | { readonly missing: string } {
  const offer = offers.get(registry);
  if (!offer || kind === 'publish') return { key };
  const [what, offered] = kind === 'write' ? ['write', offer.writes] : ['operation', offer.operations];
  if (offered.includes(key)) return { key };
  const alike = [...services.values()].find(
    (other) =>
      other.name === name &&
      other.requestSchema === requestSchema &&
      other.responseSchema === responseSchema &&
      offered.includes(other.key),
  );
  if (alike) return { key: alike.key };
  return { missing: `the adapter of ${registry} has no ${what} ${key} (${versionsOf(name, offered)})` };
}

/** @returns why an entity's records would come in another version than its contract says */
export function unservedEntity(
  { registry, name, version }: Pick<StreamEntity, 'registry' | 'name' | 'version'>,
  offers: Offers,
): string | undefined {
  const { scans = [], journal = [] } = offers.get(registry) ?? {};
  for (const offered of [scans, journal]) {
    const isOther =
      offered.some((key) => key.startsWith(`${name}@`)) && !offered.includes(`${name}@${version}`);
    if (isOther) {
      return `the adapter of ${registry} does not give the records of ${name}@${version} (${versionsOf(name, offered)})`;
    }
  }
  return undefined;
}

function versionsOf(name: string, offered: readonly string[]): string {
  return `it has ${offered.filter((key) => key.startsWith(`${name}@`)).join(', ') || 'no version of it'}`;
}
