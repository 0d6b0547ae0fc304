/**
 * Reads a JSON body strictly (RFC 8259 with the I-JSON limits of RFC 7493): UTF-8, no repeated member names, bounded
 * nesting, no `__proto__`. What two parsers could read differently is refused, not guessed.
 */
import { isUtf8 } from 'node:buffer';
import { Problem } from '../errors.ts';

/** A body as it arrived and as it was read. Evidence digests the bytes. */
export interface JsonBody {
  readonly bytes: Buffer;
  readonly value: unknown;
}

const MAX_DEPTH = 32;

/** @throws Problem `malformed_json`; its detail never quotes the body */
export function readJsonBody(bytes: Buffer): JsonBody {
  if (!isUtf8(bytes)) throw malformed('not UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    // JSON.parse's message quotes the text around the error, which may be somebody's number.
    throw malformed('not JSON');
  }
  // JSON.parse keeps the last of members with one name. They show in the count: more names in the text than members.
  if (countMembers(value, 1) !== countNames(bytes))
    throw malformed('a member name occurs twice in one object');
  return { bytes, value };
}

function malformed(detail: string): Problem {
  return new Problem('malformed_json', { errors: [{ detail }] });
}

function countMembers(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_DEPTH) throw malformed(`nested deeper than ${MAX_DEPTH}`);
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countMembers(item, depth + 1);
    return count;
  }
  const members = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(members)) {
    if (name === '__proto__') throw malformed('the member name "__proto__" is not allowed');
    const member = members[name];
    count += typeof member === 'object' ? 1 + countMembers(member, depth + 1) : 1;
  }
  return count;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Member names in a text that is known to be JSON: the colons outside strings. */
function countNames(bytes: Buffer): number {
  let count = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (inString) {
      if (byte === BACKSLASH) index++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === COLON) count++;
  }
  return count;
}
