/**
 * Signs an answer, if the agreement requires it or the caller asks for it (`Accept-Signature`, RFC 9421, 5). Refusals that leave
 * evidence are signed too; streams never are.
 */
import { requestMessage } from '../../signatures/request-message.ts';
import type { ResponseSignature, UnsignedResponse } from '../../signatures/sign-response.ts';
import type { Signatures } from '../../signatures/signatures.ts';
import type { Call, ContentVerified, MaybeDeclared, Signed } from '../call.ts';

type Signable = Pick<Call, 'request'> & Partial<MaybeDeclared & Signed & ContentVerified>;

export interface SignParts {
  readonly signatures: Pick<Signatures, 'sign'>;
  readonly publicUrl: string;
}

/** Is the answer to this verified caller to be signed? A HEAD's answer has no content to sign. */
export function isToBeSigned({ request, declaration }: Pick<Signable, 'request' | 'declaration'>): boolean {
  const { headers, method } = request;
  const wanted =
    headers['accept-signature'] !== undefined || declaration?.agreement.signatures.responses === 'always';
  return wanted && method !== 'HEAD';
}

/** The signature of an answer, and the fields that carry it; `undefined` when none is wanted. */
export function sign(
  { signatures, publicUrl }: SignParts,
  call: Signable,
  response: Omit<UnsignedResponse, 'requestId'>,
): ResponseSignature | undefined {
  if (!isToBeSigned(call)) return undefined;
  const { request, signature, contentVerified = false } = call;
  return signatures.sign({ ...response, requestId: request.id }, requestMessage(request, publicUrl), {
    label: signature?.label,
    content: contentVerified,
  });
}
