/**
 * Whom a request or an answer is about: the numbers of persons, by the format of a field (`personal-id`,
 * `identity-card`) or its `x-subject: person`.
 */
import { childrenOf, type FieldNode, type Place } from './fields.ts';
import { formats, personalFormats } from './formats.ts';
import type { Selection } from './selection.ts';

/** Collects the identifiers of persons from a value into `into`. */
type Collector = (value: unknown, into: Set<string>) => void;

/**
 * Compiles the list of persons' numbers below a node. With `selection`, a person counts when anything granted stands
 * beside the number: a disclosed name concerns that person though the number itself is withheld. An object of nothing
 * but numbers is as good as a number.
 */
export function compileSubjects(node: FieldNode, selection?: Selection): (value: unknown) => string[] {
  const collect = compileCollector(node, selection, true);
  if (!collect) return nobody;
  return (value) => {
    const into = new Set<string>();
    collect(value, into);
    return [...into];
  };
}

const nobody = () => [];

function compileCollector(
  node: FieldNode,
  selection: Selection | undefined,
  grantedBeside: boolean,
): Collector | undefined {
  if (!hasSubjects(node)) return undefined;
  if (node.leaf) return grantedBeside ? collectorOf(node) : undefined;
  if (node.item) {
    const item = compileCollector(node.item, selection, node.item.leaf !== undefined);
    return (
      item &&
      ((value, into) => {
        if (Array.isArray(value)) for (const one of value) item(one, into);
      })
    );
  }
  const parts: { name: string; collect: Collector }[] = [];
  const concerns = selection?.of(node) !== 'none' || (grantedBeside && isIdentifier(node));
  for (const [name, child] of node.properties) {
    const collect = compileCollector(child, selection, concerns);
    if (collect) parts.push({ name, collect });
  }
  if (parts.length === 0) return undefined;
  return (value, into) => {
    if (typeof value !== 'object' || value === null) return;
    const source = value as Readonly<Record<string, unknown>>;
    for (const { name, collect } of parts) if (source[name] !== undefined) collect(source[name], into);
  };
}

const collectOne: Collector = (value, into) => {
  if (typeof value === 'string') into.add(value);
};

/** A field that is a person's number in some branches only (`oneOf`) is asked for the form of one. */
function collectorOf(node: FieldNode): Collector {
  const marks = node.places?.filter(marksPerson) ?? [];
  const checks = marks.flatMap(({ schema: { format = '' } }) =>
    personalFormats.has(format) ? [formats[format]!] : [],
  );
  if (checks.length < marks.length || marks.some(({ conditional }) => !conditional)) return collectOne;
  return (value, into) => {
    if (typeof value === 'string' && checks.some((check) => check(value))) into.add(value);
  };
}

function marksPerson({ schema }: Place): boolean {
  return schema['x-subject'] !== undefined || personalFormats.has(schema.format ?? '');
}

/** Does it hold nothing but numbers of persons (`identity: { personalId }`)? */
function isIdentifier(node: FieldNode): boolean {
  return node.properties.size > 0 && leavesBelow(node).every(({ subject }) => subject !== undefined);
}

function leavesBelow(node: FieldNode): FieldNode[] {
  return node.leaf ? [node] : childrenOf(node).flatMap(leavesBelow);
}

const known = new WeakMap<FieldNode, boolean>();

/** Most parts of a schema are about nobody: grants need not look there. */
export function hasSubjects(node: FieldNode): boolean {
  let found = known.get(node);
  if (found === undefined) {
    found = node.subject !== undefined || childrenOf(node).some(hasSubjects);
    known.set(node, found);
  }
  return found;
}
