/** The question that copies answer: an entity as the agreement grants it, under the circumstances of the call. */
import type { CopyQuestion } from '../../copies/copies.ts';
import { Problem } from '../../problems/problem.ts';
import type { Call, Identified, OfEntity, Streaming } from '../call.ts';

/** @throws Problem `no_agreement`: the agreement is about other entities of the registry */
export function copyQuestion({
  request,
  caller,
  entity,
  declaration,
}: Pick<Call, 'request'> & Identified & OfEntity & Streaming): CopyQuestion {
  const { grants, agreement, circumstances } = declaration;
  const grant = grants.find((one) => one.entity.name === entity.name);
  if (!grant) {
    throw new Problem('no_agreement', { agreement: agreement.number, legalBasis: agreement.legalBasis });
  }
  const { agency, system } = caller;
  return {
    grant,
    grants,
    context: { requestId: request.id, agency, system, ...circumstances },
  };
}
