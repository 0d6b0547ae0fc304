/**
 * Reads JSON strictly (RFC 8259 with the I-JSON limits of RFC 7493): UTF-8, no repeated member names, bounded nesting,
 * no `__proto__`. A text that two parsers could read differently is refused (RFC 8725, 2.4 and 3.10).
 */
import { isUtf8 } from 'node:buffer';

export type JsonFault =
  | 'not_utf8'
  | 'not_json'
  | 'repeated_name'
  | 'nested_too_deep'
  | 'proto_name'
  /** Only from readers that check texts too. */
  | 'not_text';

/** Names the fault and never quotes the text, as `JSON.parse` would: it may hold a person's number. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly fault: JsonFault;

  constructor(fault: JsonFault) {
    super(`JSON: ${fault}`);
    this.fault = fault;
  }
}

/** Deepest nesting of objects and lists. */
export const MAX_DEPTH = 32;

export interface StrictJson {
  readonly value: unknown;
  /** May one of the texts be unsound (`unicode.ts`)? False: all are sound. */
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
  // JSON.parse keeps the last of several members with one name. Counting finds them: the text has more names than the value has
  // members.
  const { names, isSuspect } = scan(bytes);
  if (countMembers(value, 1) !== names) throw new JsonError('repeated_name');
  return { value, isSuspect };
}

/** Counts the members of all objects in a value, at any depth. @throws JsonError */
function countMembers(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_DEPTH) throw new JsonError('nested_too_deep');
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countMembers(item, depth + 1);
    return count;
  }
  const members = value as Readonly<Record<string, unknown>>;
  // V8 keeps the names of objects from JSON.parse ready for this loop; Object.keys would copy them.
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

/** First byte of U+F000 and above in UTF-8; the noncharacters are among them. */
const HIGH = 0xef;
const U = 0x75;

interface TextScan extends Pick<StrictJson, 'isSuspect'> {
  /** Number of member names, which is the number of colons outside strings. */
  readonly names: number;
}

/** Scans a text that is valid JSON in UTF-8, so a string contains a NUL or a surrogate only as an escape. */
function scan(bytes: Buffer): TextScan {
  const { length } = bytes;
  let names = 0;
  let highest = 0;
  let isSuspect = false;
  let index = 0;
  while (index < length) {
    let byte = bytes[index++]!;
    if (byte === COLON) names++;
    if (byte !== QUOTE) continue;
    // The text is JSON, so each string ends.
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

/** Do the first digits of an escape match `0000`, `D800` to `DFFF` (also of a sound pair), `FD..` or `FF..`? */
function isSuspectEscape(bytes: Buffer, at: number): boolean {
  const [first, second] = [bytes[at]! | LOWER, bytes[at + 1]! | LOWER];
  if (first === ZERO) return second === ZERO && bytes[at + 2] === ZERO && bytes[at + 3] === ZERO;
  if (first === D) return second >= 0x38;
  return first === F && (second === D || second === F);
}
