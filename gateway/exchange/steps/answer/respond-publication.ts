/** respond to a publication: it counts, and discloses nothing. Its evidence is committed already, with the changes. */
import type { Answered, Call, Granted, Published } from '../../call.ts';

export function respondPublication<C extends Call & Granted & Published>(call: C): C & Answered {
  const { status, body } = call.published;
  const { fields } = call.declaration.grant;
  return {
    ...call,
    answer: {
      status,
      body: Buffer.from(JSON.stringify(body)),
      disclosures: [{ fields, subjects: [] }],
      isReceipt: true,
    },
  };
}
