/**
 * keep within: the scope of an agreement, before anything else is looked at. A record outside is no record: that it breaks its
 * contract must not show either.
 */
import { absent, type RegistryAnswer } from '../../../../adapters/adapter.ts';
import type { Grant } from '../../../catalog/catalog.ts';
import type { AnsweredByRegistry, Granted } from '../../call.ts';

export function keepWithin<C extends Granted & AnsweredByRegistry>(call: C): C {
  const { grant } = call.declaration;
  const found = restrict(grant, call.found);
  return found === call.found ? call : { ...call, found };
}

/** @param answer of the adapter, not checked yet; not changed */
function restrict({ scope, service }: Grant, answer: RegistryAnswer): RegistryAnswer {
  if (!scope || !answer.found) return answer;
  const data = scope.restrict(answer.data);
  if (data === undefined) return service.responseFields.item ? { ...answer, data: [] } : absent;
  return { ...answer, data };
}
