/**
 * narrow: the caller's page token becomes the adapter's cursor, and the scope of an agreement holds for requests too. A page of
 * rows outside would come back empty, and yet show by its next page that there are some.
 */
import type { Grant } from '../../../catalog/catalog.ts';
import type { Call, Granted, Identified, Narrowed, Valid } from '../../call.ts';
import type { PageTokens } from '../../input/page-tokens.ts';

/** @throws Problem `contract_violation` at `/pageToken` */
export function narrow<C extends Call & Identified & Granted & Valid>(
  call: C,
  { pageTokens }: { readonly pageTokens: PageTokens },
): C & Narrowed {
  const { caller, declaration, input } = call;
  const { grant } = declaration;
  return { ...call, question: within(grant, pageTokens.open(caller.system, grant, input)) };
}

/**
 * The request within the scope: a filter by a dimension of the scope that allows one value only is filled in.
 * @param request has passed the contract; not changed
 * @returns `undefined` when it asks for rows outside: nothing can be found
 */
function within(grant: Grant, request: unknown): unknown {
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
