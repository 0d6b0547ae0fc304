/**
 * The canonical order of an object's members (RFC 8785, section 3.2.3). Records of one kind mostly have the same members in
 * the same order, one after the other: their names are sorted once, and then only compared.
 */

export interface MemberOrder {
  /** By UTF-16 code units. */
  readonly sorted: readonly string[];
  /** Does an object keep this order? JavaScript puts names that are whole numbers first, and `__proto__` is no member there. */
  readonly isKept: boolean;
}

interface Known extends MemberOrder {
  /** As they stand in the object. */
  readonly names: readonly string[];
}

/** Whoever sends JSON chooses its names: no more is kept of them than a catalogue's records have. */
const MOST_FIRST_NAMES = 200;
const MOST_ALIKE = 4;
const LONGEST = 2000;

/** The latest orders of objects that begin with a name: `code` may begin an activity and a type. */
const orders = new Map<string, readonly Known[]>();

/** @param members a plain object, as `JSON.parse` makes them */
export function orderOf(members: Readonly<Record<string, unknown>>): MemberOrder {
  // V8 keeps the names of such objects at hand for these loops, and Object.keys copies them.
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
  const order = { names, sorted: names.toSorted(), isKept: names.every(keepsItsPlace) };
  const [first] = names;
  if (first === undefined || names.reduce((sum, name) => sum + name.length, 0) > LONGEST) return order;
  if (orders.size >= MOST_FIRST_NAMES) orders.clear();
  orders.set(first, [order, ...(orders.get(first) ?? [])].slice(0, MOST_ALIKE));
  return order;
}

function keepsItsPlace(name: string): boolean {
  const first = name.charCodeAt(0);
  return !(first >= ZERO && first <= NINE) && name !== '__proto__';
}

const ZERO = 0x30;
const NINE = 0x39;
