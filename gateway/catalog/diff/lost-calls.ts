/** Calls of services that were answered under one catalogue and are refused, or answered with less, under the next. */
import type { Catalog, FieldSet, Grant, Scope, System } from '../catalog.ts';
import { termStatus } from '../grant/term.ts';

interface ServiceGrant {
  readonly grant: Grant;
  readonly systems: readonly string[];
}

/** Calls of one service that systems lose with the swap. */
export interface LostCalls {
  /** The agreement's number. */
  readonly agreement: string;
  /** `population.person.lookup@1` */
  readonly service: string;
  readonly reason: 'removed' | 'narrowed' | 'ended';
  /** Systems that lose them, sorted. */
  readonly systems: readonly string[];
}

/**
 * By agreement and service, in the order of the catalogue before.
 * @param now milliseconds since the epoch
 */
export function compareCalls(before: Catalog, after: Catalog, now: number): LostCalls[] {
  const grants = serviceGrantsOf(after);
  return [...serviceGrantsOf(before)].flatMap(([key, { grant: old, systems: callers }]): LostCalls[] => {
    const { number } = old.agreement;
    if (termStatus(old.agreement, now) !== 'in_force') return [];
    const left = grants.get(key);
    const reason = reasonOf(old, left?.grant, after, now);
    const systems = losers(callers, reason ? [] : (left?.systems ?? []), before, after);
    if (systems.length === 0) return [];
    return [{ agreement: number, service: old.service.key, reason: reason ?? 'narrowed', systems }];
  });
}

/** Why every caller loses something. */
function reasonOf(
  old: Grant,
  grant: Grant | undefined,
  { agreements }: Catalog,
  now: number,
): LostCalls['reason'] | undefined {
  if (!grant) return agreements.has(old.agreement.number) ? 'narrowed' : 'removed';
  const status = termStatus(grant.agreement, now);
  if (status === 'expired') return 'ended';
  const { purposes, requiredHeaders } = grant.agreement;
  const asksMore = requiredHeaders.some((header) => !old.agreement.requiredHeaders.includes(header));
  const servesLess = old.agreement.purposes.some((purpose) => !purposes.includes(purpose));
  const scoped = (one: Grant) => ({ ...one, scope: one.scopeWithin && { within: one.scopeWithin } });
  return status !== 'in_force' || asksMore || servesLess || isLess(scoped(grant), scoped(old))
    ? 'narrowed'
    : undefined;
}

/** By agreement and service. */
function serviceGrantsOf(catalog: Catalog): Map<string, ServiceGrant> {
  const found = new Map<string, { grant: Grant; systems: string[] }>();
  for (const [system, ofServices] of catalog.grants) {
    for (const grant of [...ofServices.values()].flat()) {
      const key = `${grant.agreement.number}\0${grant.service.key}`;
      const known = found.get(key);
      if (known) known.systems.push(system);
      else found.set(key, { grant, systems: [system] });
    }
  }
  return found;
}

/** The disclosure of a grant: fields, and rows by the values that a record inside may have in each dimension of its scope. */
interface Extent {
  readonly fields: Pick<FieldSet, 'disclosed'>;
  readonly scope: Pick<Scope, 'within'> | undefined;
}

/** Is there a field or a row that `old` discloses and `grant` does not? */
export function isLess(grant: Extent, old: Extent): boolean {
  const fields = new Set(grant.fields.disclosed);
  const wasWithin = old.scope?.within ?? {};
  return (
    old.fields.disclosed.some((field) => !fields.has(field)) ||
    Object.entries(grant.scope?.within ?? {}).some(
      ([dimension, values]) => !(wasWithin[dimension]?.every((value) => values.includes(value)) ?? false),
    )
  );
}

/**
 * The systems that could call before and cannot now, sorted. A system without its last key or certificate gets no token,
 * whatever its grants.
 */
export function losers(
  was: readonly string[],
  is: readonly string[],
  before: Catalog,
  after: Catalog,
): string[] {
  const isLocked = (id: string) =>
    hasCredential(before.systems.get(id)) && !hasCredential(after.systems.get(id));
  return was.filter((id) => !is.includes(id) || isLocked(id)).sort();
}

function hasCredential(system: System | undefined): boolean {
  if (!system) return false;
  const { keys, certificate } = system;
  return certificate !== undefined || 'jwksUri' in keys || keys.jwks.keys.length > 0;
}
