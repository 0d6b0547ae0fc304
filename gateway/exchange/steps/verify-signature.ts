/**
 * verify the signature: of requests whose agreement requires one, and of those that offer one (RFC 9421).
 *
 * Before the body is read the signature is verified, and with it `Content-Digest`; `verifyContent` holds the body
 * against that. The two refusals say by `Accept-Signature` what would be taken (RFC 9421, 5.1).
 */
import type { FastifyRequest } from 'fastify';
import type { Agreement } from '../../catalog/catalog.ts';
import type { Caller } from '../../identity/caller.ts';
import { Problem } from '../../problems/problem.ts';
import { storeAbsence } from '../../problems/store-unavailable.ts';
import { requestSignatureWanted } from '../../signatures/accept-signature.ts';
import { verifyContentDigest } from '../../signatures/format/content-digest.ts';
import { InvalidSignature } from '../../signatures/format/invalid-signature.ts';
import { requestMessage } from '../../signatures/request-message.ts';
import type { Signatures } from '../../signatures/signatures.ts';
import { findRequestSignature, type RequestSignature } from '../../signatures/verify-request.ts';

/**
 * At once `undefined` for a request without a signature that needs none.
 * @throws Problem (or rejects with it) `signature_missing`, `signature_invalid`, `store_unavailable`
 */
export function verifySignature(
  signatures: Signatures,
  publicUrl: string,
  request: FastifyRequest,
  caller: Caller,
  agreement: Agreement,
): Promise<RequestSignature | undefined> | undefined {
  const required = agreement.signatures.requests === 'required';
  if (!required && request.headers['signature-input'] === undefined) return undefined;
  return verify(signatures, publicUrl, request, caller, agreement, required);
}

async function verify(
  signatures: Signatures,
  publicUrl: string,
  request: FastifyRequest,
  caller: Caller,
  agreement: Agreement,
  required: boolean,
): Promise<RequestSignature | undefined> {
  const message = requestMessage(request, publicUrl);
  try {
    const chosen = findRequestSignature(message, required);
    if (chosen) return await signatures.verify(chosen, message, caller.system);
  } catch (error) {
    if (error instanceof InvalidSignature) throw invalid(error, request, agreement);
    throw storeAbsence(error);
  }
  if (required) throw new Problem('signature_missing', ground(request, agreement));
  return undefined;
}

/**
 * Is the body the one that `Content-Digest` is of?
 * @throws Problem `signature_invalid`
 */
export function verifyContent(request: FastifyRequest, content: Buffer, agreement: Agreement): void {
  try {
    verifyContentDigest(requestMessage(request, '').fields('content-digest'), content);
  } catch (error) {
    throw error instanceof InvalidSignature ? invalid(error, request, agreement) : error;
  }
}

function invalid(error: InvalidSignature, request: FastifyRequest, agreement: Agreement): Problem {
  return new Problem('signature_invalid', {
    ...ground(request, agreement),
    reason: error.reason,
    errors: [{ header: fieldOf(error), ...error.sentence }],
    cause: error,
  });
}

function fieldOf({ reason }: InvalidSignature): string {
  if (reason === 'content_digest') return 'content-digest';
  return reason === 'mismatch' ? 'signature' : 'signature-input';
}

function ground(request: FastifyRequest, { number, legalBasis, requiredHeaders }: Agreement) {
  const isThere = (field: string) => request.headers[field] !== undefined || requiredHeaders.includes(field);
  return {
    agreement: number,
    legalBasis,
    headers: {
      // RFC 9110, 15.5.2: a 401 has one; the token is not what is wrong.
      'www-authenticate': `${request.progress.caller?.confirmation?.jkt ? 'DPoP' : 'Bearer'} realm="lienthong"`,
      'accept-signature': requestSignatureWanted(request.method, isThere),
    },
  };
}
