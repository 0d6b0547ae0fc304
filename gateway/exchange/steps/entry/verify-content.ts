/** verify the content: against `Content-Digest`, when a signature covers that field, be it the caller's or the answer's. */
import { verifyContentDigest } from '../../../signatures/format/content-digest.ts';
import { InvalidSignature } from '../../../signatures/format/invalid-signature.ts';
import { requestMessage } from '../../../signatures/request-message.ts';
import type { BodyRead, Call, ContentVerified, Identified, MaybeDeclared, Signed } from '../../call.ts';
import { signatureInvalid } from '../../input/signature-refusal.ts';
import { isToBeSigned } from '../../record/sign.ts';

/** @throws Problem `signature_invalid` */
export function verifyContent<C extends Call & Identified & MaybeDeclared & Signed & BodyRead>(
  call: C,
): C & ContentVerified {
  const { request, caller, declaration, signature } = call;
  const offered = request.headers['content-digest'] !== undefined && isToBeSigned(call);
  if (!declaration || !(signature?.coversContent || offered)) return call;
  const { bytes } = request.arrival;
  try {
    const field = requestMessage(request, '').fields('content-digest');
    verifyContentDigest(field, Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0));
  } catch (error) {
    if (error instanceof InvalidSignature) throw signatureInvalid({ request, caller, declaration }, error);
    throw error;
  }
  return { ...call, contentVerified: true };
}
