/**
 * The id of a request, on both ports: the sender's, or a new one. It appears in answers, log and evidence, so
 * only a UUID of any version (RFC 9562) is accepted; other texts might hold a personal number.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { UUID } from '../wire/uuid.ts';

/** @returns the UUID in `X-Request-Id`, in lower case, or a new UUIDv7 in place of any other value */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = String(headers['x-request-id']).toLowerCase();
  return UUID.test(given) ? given : randomUUIDv7();
}
