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
const MOST_ORDERS = 1000;
const LONGEST = 2000;

/** The latest order of objects that begin with a name. */
const orders = new Map<string, Known>();

/** @param members a plain object, as `JSON.parse` makes them */
export function orderOf(members: Readonly<Record<string, unknown>>): MemberOrder {
  let known: Known | undefined;
  let count = 0;
  // V8 keeps the names of such objects at hand for this loop, and Object.keys copies them.
  for (const name in members) {
    if (count === 0) known = orders.get(name);
    if (known?.names[count] !== name) return sort(members);
    count += 1;
  }
  return known?.names.length === count ? known : sort(members);
}

function sort(members: Readonly<Record<string, unknown>>): MemberOrder {
  const names = Object.keys(members);
  const order = { names, sorted: names.toSorted(), isKept: names.every(keepsItsPlace) };
  const [first] = names;
  if (first === undefined || names.reduce((sum, name) => sum + name.length, 0) > LONGEST) return order;
  if (orders.size >= MOST_ORDERS) orders.clear();
  orders.set(first, order);
  return order;
}

function keepsItsPlace(name: string): boolean {
  const first = name.charCodeAt(0);
  return !(first >= ZERO && first <= NINE) && name !== '__proto__';
}

const ZERO = 0x30;
const NINE = 0x39;
