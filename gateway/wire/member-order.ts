/**
 * The canonical order of an object's members (RFC 8785, section 3.2.3). Consecutive records of one kind mostly have the same
 * members in the same order: their names are sorted once, and compared afterwards.
 */

export interface MemberOrder {
  /** By UTF-16 code units. */
  readonly sorted: readonly string[];
  /** Does an object keep this order? JavaScript puts whole numbers first, and treats `__proto__` specially. */
  readonly isKept: boolean;
}

interface Known extends MemberOrder {
  /** In the order of the object. */
  readonly names: readonly string[];
}

/** The sender of JSON chooses its names, so the cache is bounded, at a little more than a catalogue's records need. */
const MOST_FIRST_NAMES = 200;
const MOST_ALIKE = 4;
const LONGEST = 2000;

/** The latest orders of objects that begin with a name: `code` may begin an activity and a type. */
const orders = new Map<string, readonly Known[]>();

/** @param members a plain object, as `JSON.parse` makes them */
export function orderOf(members: Readonly<Record<string, unknown>>): MemberOrder {
  // V8 keeps the names of objects from JSON.parse ready for these loops; Object.keys would copy them.
  for (const first in members) {
    for (const known of orders.get(first) ?? []) if (hasNames(members, known.names)) return known;
    break;
  }
  return sort(members);
}

function hasNames(members: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  let count = 0;
  for (const name in members) if (names[count++] !== name) return false;
  return count === names.length;
}

function sort(members: Readonly<Record<string, unknown>>): MemberOrder {
  const names = Object.keys(members);
  const order = { names, sorted: names.toSorted(), isKept: names.every(keepsOrder) };
  const [first] = names;
  if (first === undefined || names.reduce((sum, name) => sum + name.length, 0) > LONGEST) return order;
  if (orders.size >= MOST_FIRST_NAMES) orders.clear();
  orders.set(first, [order, ...(orders.get(first) ?? [])].slice(0, MOST_ALIKE));
  return order;
}

function keepsOrder(name: string): boolean {
  const first = name.charCodeAt(0);
  return !(first >= ZERO && first <= NINE) && name !== '__proto__';
}

const ZERO = 0x30;
const NINE = 0x39;
