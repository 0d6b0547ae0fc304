/** validate (request): body, or path and query, against the contract's request schema. 400, every violation with its pointer. */
import type { BodyRead, Call, Granted, Valid } from '../../call.ts';
import { requestOf } from '../../input/input.ts';
import { validRequest } from '../../input/valid-request.ts';

/** @throws Problem `contract_violation` (400), `criterion_not_granted` (403) */
export function validateRequest<C extends Call & Granted & BodyRead>(call: C): C & Valid {
  const { request, declaration } = call;
  const { grant } = declaration;
  return { ...call, input: validRequest(grant, requestOf(request, grant.service)) };
}
