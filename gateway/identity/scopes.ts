/**
 * Scopes are names of services (`population.person.lookup`) and of streams and copies (`business.changes.read`,
 * `business.snapshot.read`, `business.digest.read`). A scope only narrows a token; whether a call is allowed is the agreements' to decide, call by call.
 */
import type { Catalog, System } from '../catalog/catalog.ts';
import { streamScopes } from '../catalog/stream-scopes.ts';
import { OAuthError } from './oauth-error.ts';

const known = new WeakMap<Catalog, ReadonlySet<string>>();

/** Every scope of a catalogue, sorted. */
export function scopesOf(catalog: Catalog): ReadonlySet<string> {
  let scopes = known.get(catalog);
  if (!scopes) {
    const services = [...catalog.services.values()].map((service) => service.name);
    const streams = [...catalog.streams.values()].flatMap(({ registry }) => streamScopes(registry));
    scopes = new Set([...services, ...streams].sort());
    known.set(catalog, scopes);
  }
  return scopes;
}

/**
 * The scope that a client gets (RFC 6749, 3.3): what it asked for, if all of it exists; without a request, everything
 * that the system's agreements name, which may be nothing.
 * @throws OAuthError
 */
export function grantScope(requested: string | undefined, system: System, catalog: Catalog): string {
  if (requested === undefined) return defaultScope(system, catalog);
  const names = new Set(requested.split(' '));
  const scopes = scopesOf(catalog);
  for (const name of names) {
    if (!scopes.has(name)) {
      throw new OAuthError('invalid_scope', 'a scope is not the name of a service or a change stream');
    }
  }
  return [...names].join(' ');
}

function defaultScope(system: System, catalog: Catalog): string {
  const names = new Set<string>();
  for (const grants of catalog.grants.get(system.id)?.values() ?? []) {
    for (const grant of grants) names.add(grant.service.name);
  }
  for (const grants of catalog.feeds.get(system.id)?.values() ?? []) {
    for (const grant of grants) for (const scope of streamScopes(grant.stream.registry)) names.add(scope);
  }
  return [...names].sort().join(' ');
}
