/**
 * respond with a document of the caller's own view. It leaves no evidence: nothing in it comes out of a registry or is about a
 * person, and each line is either public (the contracts are, in `/openapi.json`) or the caller's own agreement.
 */
import type { Catalog } from '../../../catalog/catalog.ts';
import type { Answered, Call, Identified, OfDirectory } from '../../call.ts';

export async function respondDirectory<C extends Call & Identified & OfDirectory>(
  call: C,
  { catalog }: { readonly catalog: Catalog },
): Promise<C & Answered> {
  const data = await call.view(call.caller);
  const meta = { requestId: call.request.id, catalogue: catalog.digest.slice(0, 12) };
  return { ...call, answer: { status: 200, body: JSON.stringify({ data, meta }), disclosures: [] } };
}
