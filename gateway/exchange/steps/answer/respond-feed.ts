/** respond with a page of the feed. Its events are JSON already; entities differ in their fields, so each has its disclosure. */
import type { Answered, Call, OfPage, Streaming } from '../../call.ts';

export function respondFeed<C extends Call & Streaming & OfPage>(call: C): C & Answered {
  const { request, declaration, page } = call;
  const { events, next, hasMore, disclosures } = page;
  const meta = { requestId: request.id, agreement: declaration.agreement.number, next, hasMore };
  const body = `{"data":[${events.join(',')}],"meta":${JSON.stringify(meta)}}`;
  return { ...call, answer: { status: 200, body, disclosures } };
}
