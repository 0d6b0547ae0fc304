/** Whom a request or an answer is about: the identifiers that a schema marks with `x-subject: person`. */
import type { FieldNode } from './fields.ts';
import type { Selection } from './selection.ts';

/** Collects the identifiers of persons from a value into `into`. */
type Collector = (value: unknown, into: Set<string>) => void;

/**
 * Compiles the list of persons' numbers below a node. With `selection`, a person counts when anything granted stands
 * beside the number: a disclosed name concerns that person though the number itself is withheld.
 */
export function compileSubjects(node: FieldNode, selection?: Selection): (value: unknown) => string[] {
  const collect = compileCollector(node, selection);
  if (!collect) return nobody;
  return (value) => {
    const into = new Set<string>();
    collect(value, into);
    return [...into];
  };
}

const nobody = () => [];

function compileCollector(node: FieldNode, selection: Selection | undefined): Collector | undefined {
  if (!hasSubjects(node)) return undefined;
  if (node.item) {
    const item = node.item.subject ? collectOne : compileCollector(node.item, selection);
    return (
      item &&
      ((value, into) => {
        if (Array.isArray(value)) for (const one of value) item(one, into);
      })
    );
  }
  const parts: { name: string; collect: Collector }[] = [];
  const concerns = selection?.of(node) !== 'none';
  for (const [name, child] of node.properties) {
    const collect =
      child.subject && child.leaf ? (concerns ? collectOne : undefined) : compileCollector(child, selection);
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

const known = new WeakMap<FieldNode, boolean>();

/** Most parts of a schema are about nobody: grants need not look there. */
function hasSubjects(node: FieldNode): boolean {
  let found = known.get(node);
  if (found === undefined) {
    const children = node.item ? [...node.properties.values(), node.item] : [...node.properties.values()];
    found = node.subject !== undefined || children.some(hasSubjects);
    known.set(node, found);
  }
  return found;
}
