/**
 * Collects the persons of a request or an answer: their numbers, by the format of a field (`personal-id`, `identity-card`) or
 * its `x-subject: person`.
 */

import { formats, personalFormats } from '../vocabulary/vocabulary.ts';
import { childrenOf, type FieldNode, type Subschema } from './fields.ts';
import type { Selection } from './selection.ts';

/** Collects the identifiers of persons from a value into `into`. */
type Collector = (value: unknown, into: Set<string>) => void;

/**
 * Compiles the list of persons' numbers below a node. With `selection`, a person counts when anything beside the number is
 * granted: a disclosed name concerns that person although the number is withheld. An object that holds only numbers counts as
 * a number.
 */
export function compileSubjects(node: FieldNode, selection?: Selection): (value: unknown) => string[] {
  const persons = personsOf(node);
  const collect = persons && compileCollector(persons, selection, true);
  if (!collect) return nobody;
  return (value) => {
    const into = new Set<string>();
    collect(value, into);
    return [...into];
  };
}

const nobody = () => [];

function compileCollector(
  { node, own, isIdentifier, item, parts }: Persons,
  selection: Selection | undefined,
  grantedBeside: boolean,
): Collector | undefined {
  if (node.leaf) return grantedBeside ? own : undefined;
  const ofItem = item && compileCollector(item, selection, item.node.leaf !== undefined);
  const concerns = selection?.of(node) !== 'none' || (grantedBeside && isIdentifier);
  const collectors: { name: string; collect: Collector }[] = [];
  for (const { name, persons } of parts) {
    const collect = compileCollector(persons, selection, concerns);
    if (collect) collectors.push({ name, collect });
  }
  if (!ofItem && collectors.length === 0) return undefined;
  return (value, into) => {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      if (ofItem) for (const one of value) ofItem(one, into);
      return;
    }
    const source = value as Readonly<Record<string, unknown>>;
    for (const { name, collect } of collectors) if (source[name] !== undefined) collect(source[name], into);
  };
}

/** The part of a tree with persons' numbers: the same for every grant, so it is found once. */
interface Persons {
  readonly node: FieldNode;
  /** For a leaf: collects its value. */
  readonly own: Collector | undefined;
  /** Does it hold only persons' numbers (`identity: { personalId }`)? */
  readonly isIdentifier: boolean;
  readonly item: Persons | undefined;
  readonly parts: readonly { readonly name: string; readonly persons: Persons }[];
}

const known = new WeakMap<FieldNode, Persons | 'none'>();

/** `undefined` for a part without persons' numbers, as most are. */
function personsOf(node: FieldNode): Persons | undefined {
  let persons = known.get(node);
  if (persons === undefined) {
    persons = findPersons(node) ?? 'none';
    known.set(node, persons);
  }
  return persons === 'none' ? undefined : persons;
}

function findPersons(node: FieldNode): Persons | undefined {
  const item = node.item && personsOf(node.item);
  const parts = [...node.properties].flatMap(([name, child]) => {
    const persons = personsOf(child);
    return persons ? [{ name, persons }] : [];
  });
  if (node.subject === undefined && !item && parts.length === 0) return undefined;
  const isIdentifier =
    node.properties.size > 0 && leavesBelow(node).every(({ subject }) => subject !== undefined);
  return { node, own: node.leaf && collectorOf(node), isIdentifier, item, parts };
}

export function hasSubjects(node: FieldNode): boolean {
  return personsOf(node) !== undefined;
}

const collectOne: Collector = (value, into) => {
  if (typeof value === 'string') into.add(value);
};

/** A field that is a person's number in some branches (`oneOf`) or for some values only is checked by the number's form. */
function collectorOf(node: FieldNode): Collector {
  const marks = node.subschemas?.filter(marksPerson) ?? [];
  const checks = marks.flatMap(({ conditional, schema: { format = '' } }) => {
    const which = personalFormats.get(format);
    if (which === 'always') return conditional ? [formats[format]!] : [];
    return which ?? [];
  });
  if (checks.length < marks.length) return collectOne;
  return (value, into) => {
    if (typeof value === 'string' && checks.some((check) => check(value))) into.add(value);
  };
}

function marksPerson({ schema }: Subschema): boolean {
  return schema['x-subject'] !== undefined || personalFormats.has(schema.format ?? '');
}

function leavesBelow(node: FieldNode): FieldNode[] {
  return node.leaf ? [node] : childrenOf(node).flatMap(leavesBelow);
}
