/**
 * minimise: keep the rows in scope and the fields granted.
 *
 * A record outside the scope is answered like a missing one. The answer lists the withheld fields of the grant, which are the same for
 * every record, so that the list reveals nothing about this record (Circular 13/2017: data, no data, not permitted).
 */
import { Problem } from '../../../problems/problem.ts';
import type { Disclosed, Found, Granted } from '../../call.ts';

/** @throws Problem `not_found` */
export function minimise<C extends Granted & Found>(call: C): C & Disclosed {
  const { grant } = call.declaration;
  const inScope = grant.scope ? grant.scope.restrict(call.data) : call.data;
  if (inScope === undefined) throw new Problem('not_found');
  return {
    ...call,
    disclosure: { data: grant.project(inScope), subjects: grant.subjectsOfAnswer(inScope) },
  };
}
