/**
 * sign the answer: when the agreement says so, or the caller asks (`Accept-Signature`, RFC 9421, 5). Refusals too, as
 * far as they leave evidence; streams never.
 */
import type { FastifyRequest } from 'fastify';
import { requestMessage } from '../../signatures/request-message.ts';
import type { Answer, ResponseSignature } from '../../signatures/sign-response.ts';
import type { Signatures } from '../../signatures/signatures.ts';

/** Will the answer to this verified caller be signed? A HEAD's answer has no content to sign. */
export function isToBeSigned({ headers, method, progress }: FastifyRequest): boolean {
  return (
    (headers['accept-signature'] !== undefined ||
      progress.declaration?.agreement.signatures.responses === 'always') &&
    method !== 'HEAD'
  );
}

/** The signature of an answer, and the fields that carry it; `undefined` when none is wanted. */
export function signAnswer(
  signatures: Signatures,
  publicUrl: string,
  request: FastifyRequest,
  answer: Omit<Answer, 'requestId'>,
): ResponseSignature | undefined {
  if (!isToBeSigned(request)) return undefined;
  const { signature, contentVerified } = request.progress;
  return signatures.sign({ ...answer, requestId: request.id }, requestMessage(request, publicUrl), {
    label: signature?.label,
    content: contentVerified,
  });
}
