/**
 * minimise: keep the rows in scope and the fields granted.
 *
 * Out of scope reads as not found. What is withheld is named by the grant, the same for every record, so that it says
 * nothing about this one (Circular 13/2017: data, no data, not permitted).
 */
import type { Grant } from '../../catalog/catalog.ts';
import { Problem } from '../../problems/problem.ts';

export interface Disclosure {
  /** What the caller gets to see. */
  readonly data: unknown;
  /** Personal identification numbers of the persons concerned. */
  readonly subjects: readonly string[];
}

/**
 * @param data an answer that keeps the contract; not changed
 * @throws Problem `not_found`
 */
export function minimise(grant: Grant, data: unknown): Disclosure {
  const inScope = grant.scope ? grant.scope.restrict(data) : data;
  if (inScope === undefined) throw new Problem('not_found');
  return { data: grant.project(inScope), subjects: grant.subjectsOfAnswer(inScope) };
}
