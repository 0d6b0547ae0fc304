/**
 * The key under which a write is performed once (draft-ietf-httpapi-idempotency-key-header): a string of Structured Fields
 * (RFC 9651, 3.3.3), or the bare token that most clients send. Both forms of one key are the same key.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { parseItem } from 'structured-headers';
import { Problem } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';

const NAME = 'idempotency-key';
const MOST = 255;
const token = /^[A-Za-z0-9!#$%&'*+.^_`|~:/-]{1,255}$/;

/** @throws Problem `header_missing`, `header_invalid` */
export function readIdempotencyKey(headers: IncomingHttpHeaders): string {
  const value = headers[NAME];
  if (value === undefined) {
    throw new Problem('header_missing', { errors: [{ header: NAME, ...checks.requiredByService }] });
  }
  const key = typeof value === 'string' ? read(value.trim()) : undefined;
  if (key === undefined) {
    throw new Problem('header_invalid', {
      errors: [{ header: NAME, ...checks.idempotencyKeyForm(MOST) }],
    });
  }
  return key;
}

/** Two fields arrive as one, parted by a comma: neither a token nor an item. */
function read(text: string): string | undefined {
  if (!text.startsWith('"')) return token.test(text) ? text : undefined;
  try {
    const [key, parameters] = parseItem(text);
    return typeof key === 'string' && key !== '' && key.length <= MOST && parameters.size === 0
      ? key
      : undefined;
  } catch {
    return undefined;
  }
}
