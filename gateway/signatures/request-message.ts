/** A request as signatures see it. Its target is under `PUBLIC_URL`, never under what `Host` says. */
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
