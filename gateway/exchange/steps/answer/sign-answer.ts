/** sign the answer, when the agreement says so or the caller asks (RFC 9421). */

import { JSON_TYPE } from '../../../wire/media-type.ts';
import type { Answered, AnswerSigned, Call, Identified } from '../../call.ts';
import { type SignParts, sign } from '../../record/sign.ts';

export function signAnswer<C extends Call & Identified & Answered>(
  call: C,
  parts: SignParts,
): C & AnswerSigned {
  const { status, body } = call.answer;
  // That there is nothing yet proves nothing.
  const signed = status === 202 ? undefined : sign(parts, call, { status, contentType: JSON_TYPE, body });
  return signed ? { ...call, signed } : call;
}
