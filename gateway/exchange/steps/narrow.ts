/**
 * narrow: the scope of an agreement holds for requests too. A page of rows outside would come back empty, and yet tell
 * by its next page that there are some.
 */
import { type Answer, absent } from '../../../adapters/adapter.ts';
import type { Grant } from '../../catalog/catalog.ts';

/**
 * The request within the scope: a filter by a dimension of the scope that allows one value only is filled in.
 * @param request has passed the contract; not changed
 * @returns `undefined` when it asks for rows outside: nothing can be found
 */
export function narrow(grant: Grant, request: unknown): unknown {
  let narrowed = request as Readonly<Record<string, unknown>>;
  for (const { name, values, reaches } of grant.scopedCriteria) {
    const asked = narrowed[name];
    if (asked === undefined) {
      const [only, ...others] = values;
      if (others.length === 0) narrowed = { ...narrowed, [name]: only };
    } else if (!reaches(String(asked))) return undefined;
  }
  return narrowed;
}

/** What a service answers that finds nothing. */
export function nothing(grant: Grant): Answer {
  return grant.service.responseFields.item ? { found: true, data: [] } : absent;
}
