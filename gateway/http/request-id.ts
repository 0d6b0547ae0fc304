/**
 * The id of a request, on both ports: the sender's, or one of our making. It names the request in answers, log and evidence, so that
 * nothing but a UUID of any version (RFC 9562) may stand there, least of all somebody's number.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** @returns the UUID in `X-Request-Id`, in lower case, or a new UUIDv7 in the place of anything else */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && uuid.test(given) ? given.toLowerCase() : randomUUIDv7();
}
