/** send: the answer with its fields, and with its signature if it has one. */
import { JSON_TYPE } from '../../../wire/media-type.ts';
import type { Answered, AnswerSigned, Call } from '../../call.ts';

export function send<C extends Call & Answered>(call: C): C {
  const { reply, headers, answer, signed }: Call & Answered & AnswerSigned = call;
  reply.headers(headers);
  if (signed) reply.headers(signed.headers);
  reply.code(answer.status).type(JSON_TYPE).send(answer.body);
  return call;
}
