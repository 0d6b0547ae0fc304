/**
 * authorise a change of a subscription: to stop deliveries takes no agreement in force; to get them again does. The agreement, if
 * there is one, says whether the request must be signed.
 */
import type { Agreement, Catalog } from '../../../catalog/catalog.ts';
import { termStatus } from '../../../catalog/grant/term.ts';
import { readCircumstances } from '../../../circumstances/read-circumstances.ts';
import type { RevocationCheck } from '../../../identity/revocations.ts';
import { Problem } from '../../../problems/problem.ts';
import type { Call, MaybeDeclared, OfChange, OfSubscription } from '../../call.ts';

interface ChangeParts {
  readonly catalog: Catalog;
  readonly revocations: Pick<RevocationCheck, 'agreements'>;
}

/** @throws Problem `no_agreement`, `agreement_revoked`, `agreement_expired` */
export function authoriseChange<C extends Call & OfChange & OfSubscription>(
  call: C,
  { catalog, revocations }: ChangeParts,
): C & MaybeDeclared {
  const agreement = catalog.agreements.get(call.subscription.agreement);
  if (call.to.state === 'active') requireInForce(agreement, revocations.agreements);
  return { ...call, declaration: agreement && declarationOf(agreement) };
}

/** Nothing of a registry is in the answer, so the caller declares nothing. */
function declarationOf(agreement: Agreement): MaybeDeclared['declaration'] {
  return { agreement, circumstances: readCircumstances({}, agreement) };
}

function requireInForce(agreement: Agreement | undefined, revoked: ReadonlySet<string>): void {
  if (!agreement) throw new Problem('no_agreement');
  const { number, legalBasis } = agreement;
  const members = { agreement: number, legalBasis };
  if (revoked.has(number)) throw new Problem('agreement_revoked', members);
  if (termStatus(agreement, Date.now()) === 'expired') throw new Problem('agreement_expired', members);
}
