/**
 * The id of a request, on both ports: the sender's, or one of our making. It names the request in answers, log and evidence, so that
 * nothing but a UUID of any version (RFC 9562) may stand there, least of all somebody's number.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { UUID } from '../wire/uuid.ts';

/** @returns the UUID in `X-Request-Id`, in lower case, or a new UUIDv7 in the place of anything else */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = String(headers['x-request-id']).toLowerCase();
  return UUID.test(given) ? given : randomUUIDv7();
}
