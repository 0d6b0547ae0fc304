/** How a request's signature is refused: by the agreement, with what would be taken (`Accept-Signature`, RFC 9421, 5.1). */
import type { ProblemCode } from '../../problems/codes.ts';
import { Problem } from '../../problems/problem.ts';
import { requestSignatureWanted } from '../../signatures/accept-signature.ts';
import type { InvalidSignature } from '../../signatures/format/invalid-signature.ts';
import type { Call, Declared, Identified } from '../call.ts';

type Refused = Pick<Call, 'request'> & Identified & Declared;

/** The refusal of a message whose agreement wants a signature, and that has none. */
export function signatureMissing(call: Refused): Problem {
  return refusal(call, 'signature_missing');
}

/** The refusal of a signature that does not verify. */
export function signatureInvalid(call: Refused, error: InvalidSignature): Problem {
  return refusal(call, 'signature_invalid', {
    reason: error.reason,
    errors: [{ header: fieldOf(error), ...error.sentence }],
    cause: error,
  });
}

function refusal(
  { request, caller, declaration }: Refused,
  code: Extract<ProblemCode, 'signature_missing' | 'signature_invalid'>,
  members: ConstructorParameters<typeof Problem>[1] = {},
): Problem {
  const { number, legalBasis, requiredHeaders } = declaration.agreement;
  const isThere = (field: string) => request.headers[field] !== undefined || requiredHeaders.includes(field);
  return new Problem(code, {
    ...members,
    agreement: number,
    legalBasis,
    headers: {
      // RFC 9110, 15.5.2: a 401 has one; the token is not what is wrong.
      'www-authenticate': `${caller.confirmation?.jkt ? 'DPoP' : 'Bearer'} realm="lienthong"`,
      'accept-signature': requestSignatureWanted(request.method, isThere),
    },
  });
}

function fieldOf({ reason }: InvalidSignature): string {
  if (reason === 'content_digest') return 'content-digest';
  return reason === 'mismatch' ? 'signature' : 'signature-input';
}
