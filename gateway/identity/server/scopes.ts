/**
 * Scopes are names of services (`population.person.lookup`) and of streams and copies (`business.changes.read`,
 * `business.snapshot.read`, `business.digest.read`).
 *
 * A token carries a scope only when an agreement that is in force, and not revoked, names it for the system. A scope only
 * narrows a token; the agreements decide about each call.
 */
import type { Agreement, Catalog, System } from '../../catalog/catalog.ts';
import { basisOfRefusal } from '../../catalog/grant/legal-basis.ts';
import { streamScopes } from '../../catalog/grant/stream-scopes.ts';
import { termStatus } from '../../catalog/grant/term.ts';
import { type Ground, OAuthError } from '../clients/oauth-error.ts';

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

interface ScopeQuestion {
  readonly system: System;
  readonly catalog: Catalog;
  /** Numbers of revoked agreements. */
  readonly revoked: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const NO_AGREEMENT: Ground = { code: 'no_agreement', legalBasis: basisOfRefusal };

/**
 * The scope of a new token (RFC 6749, 3.3): the requested names that the client's agreements grant; without a request, all
 * that they grant. A token with an empty scope gives access only to the caller's own view of the catalogue, which explains how to
 * apply for an agreement.
 * @throws OAuthError `invalid_scope`: a scope does not exist, or no requested scope is granted
 */
export function grantScope(requested: string | undefined, question: ScopeQuestion): string {
  const agreements = agreementsByScope(question);
  const isGranted = (name: string) =>
    agreements.get(name)?.some((agreement) => groundAgainst(agreement, question) === undefined);
  if (requested === undefined) return [...agreements.keys()].filter(isGranted).sort().join(' ');

  const names = [...new Set(requested.split(' '))];
  const scopes = scopesOf(question.catalog);
  if (!names.every((name) => scopes.has(name))) {
    throw new OAuthError('invalid_scope', 'a scope is not the name of a service or a change stream');
  }
  const granted = names.filter(isGranted);
  if (granted.length > 0) return granted.join(' ');
  const refusing = names.flatMap((name) => agreements.get(name) ?? []).at(-1);
  const ground = (refusing && groundAgainst(refusing, question)) ?? NO_AGREEMENT;
  throw new OAuthError('invalid_scope', descriptions[ground.code] ?? descriptions.no_agreement, { ground });
}

/** Descriptions in ASCII, as RFC 6749 requires. The members of the ground have the legal basis. */
const descriptions: Readonly<Record<string, string>> & { readonly no_agreement: string } = {
  no_agreement:
    'the system has no data-sharing agreement for what it asked for (Decree 194/2025/ND-CP, article 16)',
  agreement_expired: 'the agreement for what was asked for is no longer in force',
  agreement_not_yet_valid: 'the agreement for what was asked for is not in force yet',
  agreement_revoked: 'the agreement for what was asked for was revoked',
};

/** The agreements that name each scope for the system, in force or not. */
function agreementsByScope({ system, catalog }: ScopeQuestion): ReadonlyMap<string, readonly Agreement[]> {
  const found = new Map<string, Agreement[]>();
  const add = (scope: string, agreement: Agreement) => {
    const list = found.get(scope);
    if (list) list.push(agreement);
    else found.set(scope, [agreement]);
  };
  for (const grants of catalog.grants.get(system.id)?.values() ?? []) {
    for (const { service, agreement } of grants) add(service.name, agreement);
  }
  for (const grants of catalog.feeds.get(system.id)?.values() ?? []) {
    for (const { stream, agreement } of grants) {
      for (const scope of streamScopes(stream.registry)) add(scope, agreement);
    }
  }
  return found;
}

/** Why an agreement grants nothing now; `undefined`: it grants. */
function groundAgainst(agreement: Agreement, { revoked, now }: ScopeQuestion): Ground | undefined {
  const { number, legalBasis } = agreement;
  const status = termStatus(agreement, now);
  const code =
    status === 'expired'
      ? 'agreement_expired'
      : status === 'not_yet_valid'
        ? 'agreement_not_yet_valid'
        : revoked.has(number)
          ? 'agreement_revoked'
          : undefined;
  return code && { code, agreement: number, legalBasis };
}
