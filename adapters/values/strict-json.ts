/**
 * Reads JSON strictly (RFC 8259 with the I-JSON limits of RFC 7493): UTF-8, no repeated member names, bounded nesting,
 * no `__proto__`. What two parsers could read differently is refused, not guessed (RFC 8725, 2.4 and 3.10).
 */
import { isUtf8 } from 'node:buffer';

export type JsonFault =
  | 'not_utf8'
  | 'not_json'
  | 'repeated_name'
  | 'nested_too_deep'
  | 'proto_name'
  /** Of readers that judge texts too. */
  | 'not_text';

/** Says what is wrong, and never quotes: `JSON.parse` would, and the text may hold somebody's number. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly fault: JsonFault;

  constructor(fault: JsonFault) {
    super(`JSON: ${fault}`);
    this.fault = fault;
  }
}

/** Levels that objects and lists may be nested in. */
export const MAX_DEPTH = 32;

export interface StrictJson {
  readonly value: unknown;
  /** May a text be none (`unicode.ts`)? Where it is false, all are sound. */
  readonly isSuspect: boolean;
}

/** @throws JsonError */
export function readStrictJson(bytes: Buffer): StrictJson {
  if (!isUtf8(bytes)) throw new JsonError('not_utf8');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new JsonError('not_json');
  }
  // JSON.parse keeps the last of members with one name. They show in the count: more names in the text than members.
  const { names, isSuspect } = scan(bytes);
  if (countMembers(value, 1) !== names) throw new JsonError('repeated_name');
  return { value, isSuspect };
}

/** Members of the objects in a value, at whatever depth. @throws JsonError */
function countMembers(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_DEPTH) throw new JsonError('nested_too_deep');
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countMembers(item, depth + 1);
    return count;
  }
  const members = value as Readonly<Record<string, unknown>>;
  // Of what JSON.parse made: V8 keeps the names of such objects at hand for this loop, and Object.keys copies them.
  for (const name in members) {
    if (name === '__proto__') throw new JsonError('proto_name');
    const member = members[name];
    count += typeof member === 'object' ? 1 + countMembers(member, depth + 1) : 1;
  }
  return count;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Of U+F000 and above in UTF-8: noncharacters are among them. */
const HIGH = 0xef;
const U = 0x75;

interface Scanned extends Pick<StrictJson, 'isSuspect'> {
  /** Member names: the colons outside strings. */
  readonly names: number;
}

/** Looks through a text that is known to be JSON in UTF-8, in which no string has a NUL or a surrogate but by an escape. */
function scan(bytes: Buffer): Scanned {
  const { length } = bytes;
  let names = 0;
  let highest = 0;
  let isSuspect = false;
  let index = 0;
  while (index < length) {
    let byte = bytes[index++]!;
    if (byte === COLON) names++;
    if (byte !== QUOTE) continue;
    // Each string has its end: the text is JSON.
    for (byte = bytes[index++]!; byte !== QUOTE && index < length; byte = bytes[index++]!) {
      if (byte > highest) highest = byte;
      if (byte !== BACKSLASH) continue;
      if (bytes[index] === U) isSuspect ||= isSuspectEscape(bytes, index + 1);
      index++;
    }
  }
  return { names, isSuspect: isSuspect || highest >= HIGH };
}

const [ZERO, D, F] = [0x30, 0x64, 0x66];
const LOWER = 0x20;

/** `0000`, `D800` to `DFFF` (also of a sound pair), `FD..` and `FF..`: of four hexadecimal digits the first two or three. */
function isSuspectEscape(bytes: Buffer, at: number): boolean {
  const [first, second] = [bytes[at]! | LOWER, bytes[at + 1]! | LOWER];
  if (first === ZERO) return second === ZERO && bytes[at + 2] === ZERO && bytes[at + 3] === ZERO;
  if (first === D) return second >= 0x38;
  return first === F && (second === D || second === F);
}
