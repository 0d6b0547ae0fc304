/**
 * write: a request -> the registry, once for each Idempotency-Key (`writes/writes.ts`). An outcome that the key has already is
 * answered like a new one: by the grant of this call.
 *
 * A request for a record outside the scope reads as not found, and the registry does not hear of it. A rejection reads as not found
 * too, unless its record is known to be inside: otherwise the reason of the rejection would show that the record exists.
 */
import type { Applied } from '../../../../adapters/adapter.ts';
import type { Scope } from '../../../catalog/catalog.ts';
import { Problem } from '../../../problems/problem.ts';
import { upstreamProblem } from '../../../problems/upstream-problem.ts';
import type { Asker } from '../../../writes/intent.ts';
import { problemOfRejection } from '../../../writes/rejection.ts';
import type { WriteRequest, Writes } from '../../../writes/writes.ts';
import type { BodyRead, Call, Found, Granted, Identified, Keyed, Named, Signed, Valid } from '../../call.ts';

type Writable = Call & Identified & Granted & Signed & BodyRead & Keyed & Valid & Named;

/** @throws Problem (rejects with it) what `Writes.perform` rejects with; `not_found`, or that of the rejection */
export async function write<C extends Writable>(
  call: C,
  { writes }: { readonly writes: Pick<Writes, 'perform' | 'isWithin'> },
): Promise<C & Found> {
  const { grant } = call.declaration;
  if (grant.requestScope?.includes(call.input) === false) throw new Problem('not_found');
  const { data, occurredAt } = await perform(writes, wantedBy(call), grant.scope);
  return { ...call, data, asOf: occurredAt };
}

async function perform(
  writes: Pick<Writes, 'perform' | 'isWithin'>,
  wanted: WriteRequest,
  scope: Scope | undefined,
): Promise<Applied> {
  const outcome = await writes.perform(wanted).catch((error: unknown) => {
    throw upstreamProblem(error);
  });
  if (outcome.state === 'applied') return outcome;
  if (scope && !(await writes.isWithin(wanted, scope.within))) throw new Problem('not_found');
  throw problemOfRejection(outcome.reason);
}

function wantedBy(call: Writable): WriteRequest {
  const { request, declaration, idempotencyKey, input, signature, by } = call;
  return {
    service: declaration.grant.service,
    idempotencyKey,
    request: input,
    asker: askerOf(call),
    received: { request: request.arrival.bytes, requestSignature: signature },
    answerBy: by,
  };
}

function askerOf({ request, service, caller, declaration, subjects }: Writable): Asker {
  const { agency, system, keyThumbprint, tokenId } = caller;
  const { agreement, circumstances } = declaration;
  const { number, legalBasis } = agreement;
  return {
    ...{ requestId: request.id, agency, system, keyThumbprint, tokenId },
    ...{ ...circumstances, agreement: number, legalBasis, service, subjects },
  };
}
