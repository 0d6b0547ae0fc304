/**
 * Finds the members that differ between two canonical texts of objects (RFC 8785). Parses only those: most of a large record stays
 * the same.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const ARRAY = 0x5b;
const ARRAY_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;

/** A member of the two objects, its values as JSON; `undefined`: there is none. */
export interface Differing {
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

interface Member {
  readonly name: string;
  readonly value: string;
  /** Where the next one begins. */
  readonly next: number;
}

export function differingMembers(before: string, after: string): Differing[] {
  const differing: Differing[] = [];
  // Where the next member begins, after `{` or a comma.
  let [one, other] = [1, 1];
  while (one < before.length - 1 || other < after.length - 1) {
    const end = other < after.length - 1 ? endOfMember(after, other) : other;
    const text = after.slice(other, end);
    // V8 compares whole texts word by word, and `startsWith` code unit by code unit.
    const isSame = text !== '' && before.slice(one, one + text.length) === text;
    if (isSame && isEnd(before, one + text.length)) {
      one += text.length + 1;
      other = end + 1;
      continue;
    }
    const gone = memberAt(before, one);
    const come = memberAt(after, other);
    // Members are in the order of their names, so the lower one has no partner.
    const isGone = gone !== undefined && (come === undefined || gone.name <= come.name);
    const isCome = come !== undefined && (gone === undefined || come.name <= gone.name);
    differing.push({
      name: isGone ? gone.name : come!.name,
      before: isGone ? gone.value : undefined,
      after: isCome ? come.value : undefined,
    });
    if (isGone) one = gone.next;
    if (isCome) other = come.next;
  }
  return differing;
}

function memberAt(text: string, start: number): Member | undefined {
  if (start >= text.length - 1) return undefined;
  const colon = endOfString(text, start);
  const end = endOfValue(text, colon + 1);
  return {
    name: JSON.parse(text.slice(start, colon)),
    value: text.slice(colon + 1, end),
    next: end + 1,
  };
}

function isEnd(text: string, at: number): boolean {
  return at === text.length - 1 || text.charCodeAt(at) === COMMA;
}

/** @returns the index after the member that begins here: that of the comma or bracket */
function endOfMember(text: string, start: number): number {
  return endOfValue(text, endOfString(text, start) + 1);
}

/** @returns the index after the string that begins here */
function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (text.charCodeAt(at - 1) === BACKSLASH && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at + 1;
}

/** Is it preceded by an odd number of backslashes? */
function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text.charCodeAt(start - 1) === BACKSLASH) start -= 1;
  return (at - start) % 2 === 1;
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; ; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at) - 1;
    else if (code === OBJECT || code === ARRAY) depth += 1;
    else if (code === COMMA) {
      if (depth === 0) return at;
    } else if ((code === OBJECT_END || code === ARRAY_END) && --depth < 0) return at;
  }
}
