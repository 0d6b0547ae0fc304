/** name the subjects: the numbers of persons that the request has. Evidence of the call, refused or not, is about them. */
import type { Call, Granted, Named, Valid } from '../../call.ts';

export function nameSubjects<C extends Call & Granted & Valid>(call: C): C & Named {
  return { ...call, subjects: call.declaration.grant.subjectsOfRequest(call.input) };
}
