/**
 * Finds the fields that differ between two states of a record. They decide which agencies receive the change: with a field too
 * few, a copy stays behind; with a field too many, an agency learns of a change that it may not see. So the gateway compares, and
 * does not rely on the provider's list.
 */
import type { StreamEntity } from '../../catalog/catalog.ts';
import { escapePointer } from '../../catalog/read/document.ts';
import { differingMembers } from './differing.ts';
import { type FieldTree, fieldTree } from './pointers.ts';

const everyField = new WeakMap<StreamEntity, readonly string[]>();

/** Every top-level field of the entity, for a change whose state before is not known. */
export function allFields(entity: StreamEntity): readonly string[] {
  let fields = everyField.get(entity);
  if (!fields) {
    fields = [...new Set(entity.leaves.map(({ path }) => path.split('/').slice(0, 2).join('/')))];
    everyField.set(entity, fields);
  }
  return fields;
}

/**
 * JSON Pointers to the differences between two valid states, as near to the leaves as objects go. Arrays differ as a whole, since
 * their order matters, except for items that a named pointer leads into.
 * @param named pointers to fields that are known to have changed: the differences that they cover are left out
 */
export function changedFields(
  entity: StreamEntity,
  before: unknown,
  after: unknown,
  named: readonly string[] = [],
): string[] {
  const found: string[] = [];
  compare(fieldTree(entity), named.length === 0 ? nothing : [nameTree(named)], '', before, after, found);
  return found;
}

/** The same of two canonical texts. */
export function changedSince(
  entity: StreamEntity,
  before: string,
  after: string,
  named: readonly string[],
): string[] {
  if (before === after) return [];
  // Most changed members are named as a whole: their values need not be parsed.
  const differing = differingMembers(before, after).filter(
    ({ name }) => !named.includes(`/${escapePointer(name)}`),
  );
  if (differing.length === 0) return [];
  const valuesOf = (which: 'before' | 'after') =>
    Object.fromEntries(
      differing.flatMap((member) => {
        const value = member[which];
        return value === undefined ? [] : [[member.name, JSON.parse(value)]];
      }),
    );
  return changedFields(entity, valuesOf('before'), valuesOf('after'), named);
}

/** Pointers, by their segments. */
interface Named {
  readonly members: Map<string, Named>;
  whole: boolean;
}

const nothing: readonly Named[] = [];
/** The same few lists of pointers come with every change of a registry. */
const nameTrees = new Map<string, Named>();

function nameTree(pointers: readonly string[]): Named {
  const key = pointers.join('\0');
  const known = nameTrees.get(key);
  if (known) return known;
  const root: Named = { members: new Map(), whole: false };
  for (const pointer of pointers) {
    let node = root;
    for (const segment of pointer.split('/').slice(1)) {
      const next = node.members.get(segment) ?? { members: new Map(), whole: false };
      node.members.set(segment, next);
      node = next;
    }
    node.whole = true;
  }
  if (nameTrees.size < 1000 && key.length < 1000) nameTrees.set(key, root);
  return root;
}

function below(named: readonly Named[], segment: string): readonly Named[] {
  if (named.length === 0) return nothing;
  return named.flatMap(({ members }) => members.get(segment) ?? []);
}

function compare(
  fields: FieldTree,
  named: readonly Named[],
  at: string,
  before: unknown,
  after: unknown,
  found: string[],
): void {
  if (before === after || named.some(({ whole }) => whole)) return;
  if (fields.members.size === 0 || isWhole(before, after, named)) {
    if (!isSame(before, after)) found.push(at);
    return;
  }
  const items = fields.members.get('*');
  if (Array.isArray(before ?? after)) {
    const [one, other] = [itemsOf(before), itemsOf(after)];
    for (let index = 0; items && index < Math.max(one.length, other.length); index++) {
      const those = [...below(named, String(index)), ...below(named, '*')];
      compare(items, those, `${at}/${index}`, one[index], other[index], found);
    }
    return;
  }
  const [one, other] = [membersOf(before), membersOf(after)];
  const member = (name: string) => {
    if (one[name] === other[name]) return;
    const segment = escapePointer(name);
    const field = fields.members.get(segment);
    // A field that the schema does not know (any more) is granted to nobody.
    if (field) compare(field, below(named, segment), `${at}/${segment}`, one[name], other[name], found);
  };
  for (const name of Object.keys(one)) member(name);
  for (const name of Object.keys(other)) if (!Object.hasOwn(one, name)) member(name);
}

/** Is there nothing inside to be compared one by one? */
function isWhole(before: unknown, after: unknown, named: readonly Named[]): boolean {
  const isNamedInside = named.some(({ members }) => members.size > 0);
  if (Array.isArray(before) || Array.isArray(after)) {
    const both = before === undefined ? after : before;
    const other = after === undefined ? before : after;
    return (
      !isNamedInside || !Array.isArray(both) || !Array.isArray(other) || isEmptyBesideNothing(before, after)
    );
  }
  if (isObject(before) && isObject(after)) return false;
  const isOne = (isObject(before) && after === undefined) || (before === undefined && isObject(after));
  return !isOne || !isNamedInside || isEmptyBesideNothing(before, after);
}

/** `{}` or `[]` where there was nothing, or the other way round. */
function isEmptyBesideNothing(before: unknown, after: unknown): boolean {
  if (before !== undefined && after !== undefined) return false;
  return Object.keys((before ?? after) as object).length === 0;
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one)) {
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => isSame(item, other[index]))
    );
  }
  if (!isObject(one) || !isObject(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSame(one[name], other[name]))
  );
}

const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const membersOf = (value: unknown): Readonly<Record<string, unknown>> => (isObject(value) ? value : {});

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
