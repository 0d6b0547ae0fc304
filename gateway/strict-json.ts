/**
 * Reads JSON strictly (RFC 8259 with the I-JSON limits of RFC 7493): UTF-8, no repeated member names, bounded nesting,
 * no `__proto__`. What two parsers could read differently is refused, not guessed (RFC 8725, 2.4 and 3.10).
 */
import { isUtf8 } from 'node:buffer';
import { checks } from './sentences/checks.ts';
import type { Sentence } from './sentences/sentence.ts';

/** Says what is wrong, and never quotes: `JSON.parse` would, and the text may hold somebody's number. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly sentence: Sentence;

  constructor(sentence: Sentence) {
    super(sentence.detail);
    this.sentence = sentence;
  }
}

const MAX_DEPTH = 32;

/** @throws JsonError */
export function parseStrictJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new JsonError(checks.notUtf8);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new JsonError(checks.notJson);
  }
  // JSON.parse keeps the last of members with one name. They show in the count: more names in the text than members.
  if (countMembers(value, 1) !== countNames(bytes)) {
    throw new JsonError(checks.repeatedName);
  }
  return value;
}

function countMembers(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_DEPTH) throw new JsonError(checks.nestedDeeper(MAX_DEPTH));
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countMembers(item, depth + 1);
    return count;
  }
  const members = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(members)) {
    if (name === '__proto__') throw new JsonError(checks.protoName);
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
