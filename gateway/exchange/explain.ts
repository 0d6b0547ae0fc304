/**
 * Why a call would be allowed or refused. Asks `authorise` itself, with a token of every scope: the verdict here is
 * what happens there. (A real token may carry fewer scopes, be expired or revoked; rates and quotas may be used up.)
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Agreement, Catalog, FieldSet, Scope, Service } from '../catalog/catalog.ts';
import { chooseVersion } from '../catalog/grant/choose-version.ts';
import { readStreamScope, scopeOf } from '../catalog/grant/stream-scopes.ts';
import { termStatus } from '../catalog/grant/term.ts';
import { type Circumstances, granted } from '../circumstances/circumstances.ts';
import { type Terms, termsOf } from '../directory/terms.ts';
import type { Caller } from '../identity/caller.ts';
import type { ProblemCode } from '../problems/codes.ts';
import { type LocalisedViolation, localise, Problem } from '../problems/problem.ts';
import { authorise, authoriseStream } from './authorisation.ts';

export interface Question {
  readonly system: string;
  /** A service, with or without its version, or the scope of a stream or a copy (`business.changes.read`). */
  readonly service: string;
  /** Lower-case names. */
  readonly headers: IncomingHttpHeaders;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Explanation {
  readonly call: { readonly system: string; readonly service: string; readonly at: string };
  readonly verdict: Allowed | Refused;
  /** Agreements of this system that name the service too, and do not decide. */
  readonly others: readonly NamedTerms[];
}

/** Terms; for a stream, the terms of one of its entities. */
export type NamedTerms = Terms & { readonly entity?: string };

export interface Allowed {
  readonly allowed: true;
  readonly purpose: string;
  /** One element; for a stream, one for each entity. */
  readonly terms: readonly NamedTerms[];
}

export interface Refused {
  readonly allowed: false;
  readonly code: ProblemCode;
  readonly status: number;
  /** The agreement that decided, if one did. */
  readonly agreement: string | undefined;
  readonly legalBasis: readonly string[];
  readonly errors: readonly LocalisedViolation[];
}

/** @returns `unknown`: there is no such system or service, so there is nothing to explain */
export function explain(catalog: Catalog, question: Question): Explanation | { readonly unknown: string } {
  const { system, headers, at } = question;
  const agency = catalog.systems.get(system)?.agency.code;
  if (agency === undefined) return { unknown: `there is no system ${system}` };
  const target = targetOf(catalog, question);
  if (!target) return { unknown: `there is no service or stream ${question.service}` };

  const caller: Caller = {
    agency,
    system,
    scopes: new Set([target.scope]),
    tokenId: 'explain',
    keyThumbprint: 'explain',
    expiresAt: Number.POSITIVE_INFINITY,
  };
  const considered = target.grants(system);
  const verdict = verdictOf(() => target.authorise(caller, headers, at), at);
  const deciding = verdict.allowed ? verdict.terms[0]?.agreement : verdict.agreement;
  return {
    call: { system, service: target.key, at: new Date(at).toISOString() },
    verdict,
    others: considered
      .filter(({ agreement }) => agreement.number !== deciding)
      .map((grant) => named(grant, at)),
  };
}

/** The members that grants of services and of streams share. */
interface SomeGrant {
  readonly agreement: Agreement;
  readonly fields: FieldSet;
  readonly scope: Scope | undefined;
  readonly scopeValues?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly refusedCriteria?: readonly string[];
  readonly entity?: { readonly name: string };
}

interface Target {
  readonly key: string;
  /** The scope that a token needs. */
  readonly scope: string;
  grants(system: string): readonly SomeGrant[];
  authorise(
    caller: Caller,
    headers: IncomingHttpHeaders,
    at: number,
  ): { readonly circumstances: Circumstances; readonly grants: readonly SomeGrant[] };
}

function targetOf(catalog: Catalog, { service: name, system, at }: Question): Target | undefined {
  const stream = readStreamScope(name);
  if (stream && catalog.streams.has(scopeOf(stream.registry, 'changes'))) {
    const { registry, use } = stream;
    return {
      key: name,
      scope: name,
      grants: (system) => catalog.feeds.get(system)?.get(registry) ?? [],
      authorise: (caller, headers, at) =>
        authoriseStream(catalog, caller, registry, headers, at, undefined, use),
    };
  }
  const service = catalog.services.get(name) ?? meant(catalog, name, system, at);
  return (
    service && {
      key: service.key,
      scope: service.name,
      grants: (system) => catalog.grants.get(system)?.get(service.key) ?? [],
      authorise: (caller, headers, at) => {
        const { grant, circumstances } = authorise(catalog, caller, service, headers, at);
        return { circumstances, grants: [grant] };
      },
    }
  );
}

/** The version that a name alone means for a system. */
function meant(catalog: Catalog, name: string, system: string, at: number): Service | undefined {
  const versions = [...catalog.services.values()]
    .filter((service) => service.name === name)
    .map((service) => {
      const grants = catalog.grants.get(system)?.get(service.key) ?? [];
      const inForce = grants.map(({ agreement }) => termStatus(agreement, at) === 'in_force');
      return { service, version: service.version, inForce };
    });
  return chooseVersion(versions)?.service;
}

function verdictOf(decide: () => ReturnType<Target['authorise']>, at: number): Allowed | Refused {
  try {
    const { circumstances, grants } = decide();
    return {
      allowed: true,
      purpose: circumstances[granted.member],
      terms: grants.map((grant) => named(grant, at)),
    };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { code, status, members } = error;
    const { agreement, legalBasis = [], errors = [] } = members;
    return { allowed: false, code, status, agreement, legalBasis, errors: localise('en', errors) };
  }
}

function named(grant: SomeGrant, at: number): NamedTerms {
  const { entity, scope, scopeValues = scope?.values } = grant;
  return { ...(entity && { entity: entity.name }), ...termsOf({ ...grant, scopeValues }, at) };
}
