/**
 * May this caller do this, and under which agreement? 403 with the reason, the agreement and the legal basis (Decree 194/2025,
 * article 16: a refusal is in writing, with its reason and legal basis). The steps `authoriseService` and `authoriseReader` ask
 * here for a call, streams for each chunk, and `explain.ts` for the command of that name.
 *
 * The scope of a token only narrows; the agreement decides. No token has the scope of an agreement that is not in force:
 * then that is the reason, and not the token's scope.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Agreement, Catalog, Service } from '../catalog/catalog.ts';
import { basisOfRefusal } from '../catalog/grant/legal-basis.ts';
import { type StreamUse, scopeOf } from '../catalog/grant/stream-scopes.ts';
import { termStatus } from '../catalog/grant/term.ts';
import type { SubscriptionStatus } from '../changes/sinks/webhooks/subscription.ts';
import { granted } from '../circumstances/circumstances.ts';
import { readCircumstance, readCircumstances } from '../circumstances/read-circumstances.ts';
import type { Caller } from '../identity/caller.ts';
import type { RevocationCheck } from '../identity/revocations.ts';
import { Problem, type Violation } from '../problems/problem.ts';
import { checks } from '../problems/sentences/checks.ts';
import type { Authorisation, Call, Declaration, Identified, OfStream, StreamAuthorisation } from './call.ts';

const none: ReadonlySet<string> = new Set();

/**
 * @param now milliseconds since the epoch
 * @param revoked numbers of agreements that were revoked
 * @throws Problem `no_agreement`, `insufficient_scope`, `purpose_not_granted`, `agreement_expired`,
 *   `agreement_not_yet_valid`, `agreement_revoked` (403), `header_missing`, `header_invalid` (400)
 */
export function authorise(
  catalog: Catalog,
  caller: Caller,
  service: Service,
  headers: IncomingHttpHeaders,
  now: number,
  revoked: ReadonlySet<string> = none,
): Authorisation {
  const grants = catalog.grants.get(caller.system)?.get(service.key) ?? [];
  const { chosen, agreement, circumstances } = decide(grants, caller, service.name, headers, now, revoked);
  return { grant: chosen, agreement, circumstances };
}

/** As `authorise`, for following the changes of a registry, or for starting or checking a copy of it. */
export function authoriseStream(
  catalog: Catalog,
  caller: Caller,
  registry: string,
  headers: IncomingHttpHeaders,
  now: number,
  revoked: ReadonlySet<string> = none,
  use: StreamUse = 'changes',
): StreamAuthorisation {
  const grants = catalog.feeds.get(caller.system)?.get(registry) ?? [];
  const { agreement, circumstances } = decide(grants, caller, scopeOf(registry, use), headers, now, revoked);
  return { grants: grants.filter((grant) => grant.agreement === agreement), agreement, circumstances };
}

/** For a stream: the same decision under the catalogue of a later moment. */
export function reauthorise(
  { request, caller, registry, use }: Pick<Call, 'request'> & Identified & OfStream,
  revocations: Pick<RevocationCheck, 'agreements'>,
): (catalog: Catalog) => StreamAuthorisation {
  return (catalog) =>
    authoriseStream(catalog, caller, registry, request.headers, Date.now(), revocations.agreements, use);
}

export interface ManageParts {
  readonly catalog: Catalog;
  readonly revocations: Pick<RevocationCheck, 'agreements'>;
}

/**
 * May this caller look at a subscription of its system, and end it? Its token must carry the scope of the subscription's changes.
 * Where no agreement is in force no token is issued with that scope, and the owner may without it.
 */
export function mayManage(
  { catalog, revocations }: ManageParts,
  { scopes }: Caller,
  { registry, agreement: number }: SubscriptionStatus,
): boolean {
  if (scopes.has(scopeOf(registry, 'changes'))) return true;
  const agreement = catalog.agreements.get(number);
  return !agreement || revocations.agreements.has(number) || termStatus(agreement, Date.now()) !== 'in_force';
}

function decide<G extends { readonly agreement: Agreement }>(
  grants: readonly G[],
  caller: Caller,
  scope: string,
  headers: IncomingHttpHeaders,
  now: number,
  revoked: ReadonlySet<string>,
): Declaration & { readonly chosen: G } {
  const first = grants[0];
  if (!first) throw new Problem('no_agreement', { legalBasis: basisOfRefusal });
  if (!caller.scopes.has(scope) && someInForce(grants, now, revoked)) {
    throw new Problem('insufficient_scope', {
      ...ground(first.agreement),
      headers: {
        'www-authenticate': `${caller.confirmation?.jkt ? 'DPoP' : 'Bearer'} realm="lienthong", error="insufficient_scope", scope="${scope}"`,
      },
    });
  }
  const declared = readCircumstance(headers, granted);
  const fitting = grants.filter(({ agreement }) =>
    declared === undefined
      ? !agreement.requiredHeaders.includes(granted.field)
      : agreement[granted.grantedBy].includes(declared),
  );
  if (fitting.length === 0) {
    if (declared === undefined) throw missingHeaders(first.agreement, headers);
    throw new Problem('purpose_not_granted', ground(first.agreement));
  }
  const chosen = fitting.find(({ agreement }) => termStatus(agreement, now) === 'in_force');
  if (!chosen) {
    const { agreement } = fitting.at(-1)!;
    const early = termStatus(agreement, now) === 'not_yet_valid';
    throw new Problem(early ? 'agreement_not_yet_valid' : 'agreement_expired', ground(agreement));
  }
  const { agreement } = chosen;
  if (revoked.has(agreement.number)) throw new Problem('agreement_revoked', ground(agreement));
  if (agreement.requiredHeaders.some((name) => headers[name] === undefined))
    throw missingHeaders(agreement, headers);
  return { chosen, agreement, circumstances: readCircumstances(headers, agreement) };
}

function someInForce(
  grants: readonly { readonly agreement: Agreement }[],
  now: number,
  revoked: ReadonlySet<string>,
): boolean {
  return grants.some(
    ({ agreement }) => termStatus(agreement, now) === 'in_force' && !revoked.has(agreement.number),
  );
}

function missingHeaders(agreement: Agreement, headers: IncomingHttpHeaders): Problem {
  const errors = agreement.requiredHeaders
    .filter((name) => headers[name] === undefined)
    .map((header): Violation => ({ header, ...checks.requiredByAgreement }));
  return new Problem('header_missing', { ...ground(agreement), errors });
}

function ground(agreement: Agreement): { agreement: string; legalBasis: readonly string[] } {
  return { agreement: agreement.number, legalBasis: agreement.legalBasis };
}
