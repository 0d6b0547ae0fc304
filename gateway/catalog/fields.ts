/**
 * The fields of a schema as a tree, and what a grant makes of it: which leaves it discloses, the projection that keeps
 * them, and the identifiers of the persons concerned. Everything is compiled here, when the catalogue loads.
 */
import { hash } from 'node:crypto';
import { escapePointer, unescapePointer } from './document.ts';

// An RFC 6901 pointer in which `*` stands for each item of an array: `/owners/*/fullName`.
export type FieldPath = string;

/** `public`; `internal`: state data that is not personal; `basic` and `sensitive` personal data (Law 91/2025). */
export type Sensitivity = 'public' | 'internal' | 'basic' | 'sensitive';

/** The finest thing that can be granted or withheld. */
export interface Leaf {
  readonly path: FieldPath;
  readonly sensitivity: Sensitivity;
  /** Contract revision that introduced it; an agreement made at an older revision does not include it. */
  readonly since: number;
}

/** Which leaves are disclosed and which are withheld: the same for every record of a grant. */
export interface FieldSet {
  /** SHA-256 over both lists, hex; evidence rows refer to it. */
  readonly digest: string;
  readonly disclosed: readonly FieldPath[];
  readonly withheld: readonly FieldPath[];
}

export interface FieldNode {
  readonly path: FieldPath;
  /** Properties of an object, in the schema's order. */
  readonly properties: Map<string, FieldNode>;
  /** Each item of an array. */
  item?: FieldNode;
  leaf?: Leaf;
  /** `x-subject`: this leaf identifies a person. */
  subject?: string;
  /** `x-scope`: this leaf places the record for row scope (`provinceCode`). */
  scope?: string;
}

interface SchemaObject {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, SchemaObject>>;
  readonly items?: SchemaObject;
  readonly allOf?: readonly SchemaObject[];
  readonly anyOf?: readonly SchemaObject[];
  readonly oneOf?: readonly SchemaObject[];
  readonly 'x-sensitivity'?: Sensitivity;
  readonly 'x-subject'?: string;
  readonly 'x-scope'?: string;
  readonly 'x-since'?: number;
  readonly 'x-leaf'?: boolean;
}

/** Thrown when a schema cannot be read as a tree of fields; `pointer` says where in which document. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
  readonly document: string;
  readonly pointer: string;
  constructor(document: string, pointer: string, message: string) {
    super(message);
    this.document = document;
    this.pointer = pointer;
  }
}

const ranks: readonly Sensitivity[] = ['public', 'internal', 'basic', 'sensitive'];

/** What the way from the root to a node has said so far. */
interface Way {
  /** The most sensitive tag met; `undefined` before the first. */
  readonly sensitivity: Sensitivity | undefined;
  readonly since: number;
  /** Places visited, `file#pointer`: meeting one again is a circle. */
  readonly places: readonly string[];
}

/**
 * Reads the tree of a schema document. A leaf is as sensitive as the most sensitive thing on the way to it: a commune
 * code is public, the commune where somebody lives is not.
 * @param schemas documents by file name; `$ref` may lead from one to another
 * @throws FieldError for a reference that leads nowhere or in circles, and for a leaf without `x-sensitivity`
 */
export function readFields(name: string, schemas: ReadonlyMap<string, object>): FieldNode {
  const root: FieldNode = { path: '', properties: new Map() };
  visit(root, schemas, name, '', { sensitivity: undefined, since: 0, places: [] });
  return root;
}

function visit(
  node: FieldNode,
  schemas: ReadonlyMap<string, object>,
  file: string,
  pointer: string,
  way: Way,
): void {
  const schema = at(schemas, file, pointer);
  const place = `${file}#${pointer}`;
  if (way.places.includes(place))
    throw new FieldError(file, pointer, 'refers to itself: a contract must be finite');
  const here: Way = {
    sensitivity: moreSensitive(way.sensitivity, schema['x-sensitivity']),
    since: Math.max(way.since, schema['x-since'] ?? 0),
    places: [...way.places, place],
  };
  node.subject = schema['x-subject'] ?? node.subject;
  node.scope = schema['x-scope'] ?? node.scope;

  if (!schema['x-leaf']) {
    if (schema.$ref !== undefined) visit(node, schemas, ...resolve(file, schema.$ref), here);
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      const known = node.properties.get(name);
      // A branch that only requires or forbids a property (`{}`, `false`) says nothing new about the field.
      if (known && (typeof child !== 'object' || Object.keys(child).length === 0)) continue;
      const field = known ?? { path: `${node.path}/${escapePointer(name)}`, properties: new Map() };
      node.properties.set(name, field);
      visit(field, schemas, file, `${pointer}/properties/${escapePointer(name)}`, here);
    }
    if (schema.items !== undefined) {
      node.item ??= { path: `${node.path}/*`, properties: new Map() };
      visit(node.item, schemas, file, `${pointer}/items`, here);
    }
    // After the properties: a branch may say more about a field, its declaration says what it is.
    for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
      (schema[keyword] ?? []).forEach((branch, index) => {
        if (branch.$ref || branch.properties || branch.items) {
          visit(node, schemas, file, `${pointer}/${keyword}/${index}`, here);
        }
      });
    }
  }
  if (node.properties.size > 0 || node.item || node.leaf) return;
  if (!here.sensitivity) throw new FieldError(file, pointer, `field "${node.path}" has no x-sensitivity`);
  node.leaf = { path: node.path, sensitivity: here.sensitivity, since: here.since };
}

function moreSensitive(
  one: Sensitivity | undefined,
  other: Sensitivity | undefined,
): Sensitivity | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return ranks.indexOf(one) > ranks.indexOf(other) ? one : other;
}

const knownLeaves = new WeakMap<FieldNode, readonly Leaf[]>();

/** Every leaf, in the schema's order. Of a tree that was read whole: it is found out once. */
export function leavesOf(node: FieldNode): readonly Leaf[] {
  let leaves = knownLeaves.get(node);
  if (!leaves) {
    leaves = node.leaf ? [node.leaf] : childrenOf(node).flatMap(leavesOf);
    knownLeaves.set(node, leaves);
  }
  return leaves;
}

function childrenOf(node: FieldNode): FieldNode[] {
  return node.item ? [...node.properties.values(), node.item] : [...node.properties.values()];
}

/**
 * The leaves that a list of granted paths discloses. Granting an object means its leaves in the revision that was
 * agreed: a leaf added later needs a new grant.
 * @returns the set, or messages that say which path is wrong and why
 */
export function grantFields(
  root: FieldNode,
  paths: readonly FieldPath[],
  revision: number,
): { fields: FieldSet } | { errors: { index: number; message: string }[] } {
  const errors: { index: number; message: string }[] = [];
  const granted = new Set<FieldPath>();
  paths.forEach((path, index) => {
    const node = find(root, path);
    if (!node) {
      errors.push({ index, message: `field "${path}" is not in the contract` });
    } else if (node.leaf && node.leaf.since > revision) {
      errors.push({
        index,
        message: `field "${path}" came with revision ${node.leaf.since}; this was agreed at revision ${revision}`,
      });
    } else {
      for (const leaf of leavesOf(node)) if (leaf.since <= revision) granted.add(leaf.path);
    }
  });
  if (errors.length > 0) return { errors };
  const disclosed: FieldPath[] = [];
  const withheld: FieldPath[] = [];
  for (const { path } of leavesOf(root)) (granted.has(path) ? disclosed : withheld).push(path);
  const digest = hash('sha256', JSON.stringify([disclosed, withheld]));
  return { fields: { digest, disclosed, withheld } };
}

/** The node at a path, if the tree has it. */
export function find(root: FieldNode, path: FieldPath): FieldNode | undefined {
  let node: FieldNode | undefined = root;
  for (const token of path.split('/').slice(1)) {
    if (!node) return undefined;
    node = token === '*' && node.item ? node.item : node.properties.get(unescapePointer(token));
  }
  return node;
}

/** Keeps granted leaves of a value. An object or array without any granted leaf below it is left out by its parent. */
export type Projection = (value: unknown) => unknown;

const identity: Projection = (value) => value;

/** Compiles the projection of a set of disclosed leaves; `undefined` when nothing below the node is disclosed. */
export function compileProjection(
  node: FieldNode,
  disclosed: ReadonlySet<FieldPath>,
): Projection | undefined {
  if (node.leaf) return disclosed.has(node.path) ? identity : undefined;
  if (node.item) {
    const item = compileProjection(node.item, disclosed);
    if (!item || item === identity) return item;
    return (value) => (Array.isArray(value) ? value.map(item) : undefined);
  }
  const kept: { name: string; project: Projection }[] = [];
  let whole = true;
  for (const [name, child] of node.properties) {
    const project = compileProjection(child, disclosed);
    if (project) kept.push({ name, project });
    if (project !== identity) whole = false;
  }
  if (kept.length === 0) return undefined;
  // A validated answer holds nothing but the schema's properties, so a wholly granted object can pass as it is.
  if (whole) return identity;
  return (value) => {
    if (typeof value !== 'object' || value === null) return undefined;
    const source = value as Readonly<Record<string, unknown>>;
    const result: Record<string, unknown> = {};
    for (const { name, project } of kept) {
      const member = source[name];
      if (member !== undefined) result[name] = project === identity ? member : project(member);
    }
    return result;
  };
}

/** Collects the identifiers of persons (`x-subject: person`) from a value into `into`. */
export type Collector = (value: unknown, into: Set<string>) => void;

/**
 * Compiles the collector of persons' numbers below a node. With `disclosed`, a person counts when anything granted
 * stands beside the number: a disclosed name concerns that person though the number itself is withheld.
 */
export function compileSubjects(node: FieldNode, disclosed?: ReadonlySet<FieldPath>): Collector | undefined {
  if (node.item) {
    const item = node.item.subject ? collectOne : compileSubjects(node.item, disclosed);
    return (
      item &&
      ((value, into) => {
        if (Array.isArray(value)) for (const one of value) item(one, into);
      })
    );
  }
  const parts: { name: string; collect: Collector }[] = [];
  const concerns = !disclosed || leavesOf(node).some((leaf) => disclosed.has(leaf.path));
  for (const [name, child] of node.properties) {
    const collect =
      child.subject && child.leaf ? (concerns ? collectOne : undefined) : compileSubjects(child, disclosed);
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

/** Turns a collector into a function that returns a list. */
export function collectSubjects(collect: Collector | undefined): (value: unknown) => string[] {
  if (!collect) return () => [];
  return (value) => {
    const into = new Set<string>();
    collect(value, into);
    return [...into];
  };
}

function at(schemas: ReadonlyMap<string, object>, file: string, pointer: string): SchemaObject {
  let value: unknown = schemas.get(file);
  if (value === undefined) throw new FieldError(file, '', `there is no schema ${file}`);
  for (const token of pointer.split('/').slice(1)) {
    value =
      value instanceof Object
        ? (value as Readonly<Record<string, unknown>>)[unescapePointer(token)]
        : undefined;
  }
  if (value === undefined) throw new FieldError(file, pointer, `there is nothing at ${file}#${pointer}`);
  return value as SchemaObject;
}

/** `address.schema.json#/$defs/x`, `#/$defs/x` → file and pointer. */
function resolve(from: string, reference: string): [file: string, pointer: string] {
  const [file, pointer = ''] = reference.split('#') as [string, string?];
  return [file || from, decodeURIComponent(pointer)];
}
