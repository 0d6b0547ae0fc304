/**
 * verify the signature: of requests whose agreement requires one, and of those that offer one (RFC 9421). Before the body is
 * read, and with it `Content-Digest`, against which `verifyContent` holds the body.
 */

import { storeAbsence } from '../../../problems/store-unavailable.ts';
import { type Awaitable, chain } from '../../../runtime/chain.ts';
import { InvalidSignature } from '../../../signatures/format/invalid-signature.ts';
import { requestMessage } from '../../../signatures/request-message.ts';
import type { Signatures } from '../../../signatures/signatures.ts';
import { findRequestSignature, type RequestSignature } from '../../../signatures/verify-request.ts';
import type { Call, Declared, Identified, MaybeDeclared, Signed } from '../../call.ts';
import { signatureInvalid, signatureMissing } from '../../input/signature-refusal.ts';

interface SignatureParts {
  readonly signatures: Pick<Signatures, 'verify'>;
  readonly publicUrl: string;
}

/**
 * At once for a request without a signature that needs none.
 * @throws Problem (or rejects with it) `signature_missing`, `signature_invalid`, `store_unavailable`
 */
export function verifySignature<C extends Call & Identified & MaybeDeclared>(
  call: C,
  parts: SignatureParts,
): Awaitable<C & Signed> {
  const { request, caller, declaration } = call;
  const required = declaration?.agreement.signatures.requests === 'required';
  const offered = request.headers['signature-input'] !== undefined;
  // Without an agreement, nothing says what a signature has to cover.
  if (!declaration || !(required || offered)) return call;
  return chain(verify({ request, caller, declaration }, parts, required), (signature) => ({
    ...call,
    signature,
  }));
}

async function verify(
  call: Pick<Call, 'request'> & Identified & Declared,
  { signatures, publicUrl }: SignatureParts,
  required: boolean,
): Promise<RequestSignature | undefined> {
  const message = requestMessage(call.request, publicUrl);
  try {
    const chosen = findRequestSignature(message, required);
    if (chosen) return await signatures.verify(chosen, message, call.caller.system);
  } catch (error) {
    if (error instanceof InvalidSignature) throw signatureInvalid(call, error);
    throw storeAbsence(error);
  }
  if (required) throw signatureMissing(call);
  return undefined;
}
