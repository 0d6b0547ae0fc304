/** respond: `{ "data": …, "meta": { "requestId", "agreement", "asOf", "withheld": [paths] } }`, as the bytes to send. */
import type { FieldSet } from '../../../catalog/catalog.ts';
import { utf8 } from '../../../wire/utf8.ts';
import type { Answered, Call, Disclosed, Found, Granted, Identified, Named, Valid } from '../../call.ts';
import type { PageTokens } from '../../input/page-tokens.ts';

/** The list is the same for every answer of a grant: written once. */
const withheldOf = new WeakMap<FieldSet, string>();

/** The answer of a service. The adapter's cursor leaves as a page token of this caller. */
export function respond<C extends Call & Identified & Granted & Valid & Named & Found & Disclosed>(
  call: C,
  { pageTokens }: { readonly pageTokens: PageTokens },
): C & Answered {
  const { request, caller, declaration, input, asOf, nextPage, disclosure, subjects: asked } = call;
  const { grant } = declaration;
  const { fields } = grant;
  let withheld = withheldOf.get(fields);
  if (withheld === undefined) {
    withheld = JSON.stringify(fields.withheld);
    withheldOf.set(fields, withheld);
  }
  const token = pageTokens.seal(caller.system, grant, input, nextPage);
  const next = token === undefined ? '' : `,"nextPageToken":${JSON.stringify(token)}`;
  const body = utf8(
    '{"data":',
    JSON.stringify(disclosure.data),
    // requestId is a UUID and an agreement number is letters, digits and hyphens: nothing in them needs escaping.
    `,"meta":{"requestId":"${request.id}","agreement":"${grant.agreement.number}","asOf":${JSON.stringify(asOf)}${next},"withheld":`,
    withheld,
    '}}',
  );
  const shown = disclosure.subjects;
  const subjects = asked.length === 0 ? shown : [...new Set([...asked, ...shown])];
  return { ...call, answer: { status: 200, body, disclosures: [{ fields, subjects }] } };
}
