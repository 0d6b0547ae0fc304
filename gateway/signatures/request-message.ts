/** A request as a message to sign or verify. Its target is under `PUBLIC_URL`, never under the `Host` header. */
import type { FastifyRequest } from 'fastify';
import { fieldsOf, type RequestMessage } from './format/message.ts';

export function requestMessage({ raw }: FastifyRequest, publicUrl: string): RequestMessage {
  const requestTarget = raw.url ?? '';
  return {
    method: raw.method ?? '',
    targetUri: publicUrl + requestTarget,
    requestTarget,
    fields: fieldsOf(raw.rawHeaders),
  };
}
