/**
 * Checks that adapters can serve a contract. Each version of a service is an operation of its registry's adapter, and the
 * adapter lists and reads an entity's records in one version: a missing operation is an error of the catalogue, not of the first
 * call. A registry without an adapter only takes pushes, and its services answer so.
 */
import type { Offers } from '../../../adapters/offers.ts';
import type { Service, StreamEntity } from '../catalog.ts';

/** No contract is checked against adapters: for catalogues that are only compared or read. */
export const anyOffer: Offers = new Map();

/**
 * The operation that performs `service`: its own, or that of another version with the same request and response schemas.
 * Such a version changes its callers' side only (the route, the limits), and not the adapter's.
 * @param services all services of the catalogue, by key
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

/** @returns why the adapter cannot list or read an entity's records in the contract's version */
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
