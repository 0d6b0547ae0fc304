/** The fields of a schema as a tree, with what agreements need: leaves to grant, their sensitivity, the persons they identify. */
import { escapePointer, unescapePointer } from '../read/document.ts';
import { personalFormats } from '../vocabulary/vocabulary.ts';

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

export interface FieldNode {
  readonly path: FieldPath;
  /** Properties of an object, in the schema's order. */
  readonly properties: Map<string, FieldNode>;
  /** Each item of an array. */
  item?: FieldNode;
  leaf?: Leaf;
  /** Set when this leaf identifies a person, by its format (`personal-id`, `identity-card`) or by `x-subject`. */
  subject?: string;
  /** `x-scope`: this leaf holds the record's value of a scope dimension (`provinceCode`). */
  scope?: string;
  /** Every schema that describes the field, in a tree read from schemas. */
  readonly subschemas?: Subschema[];
  /** `x-within`: this leaf names a unit inside the dimension's one (a commune of `provinceCode`). */
  within?: string;
  /** `x-name-of`: this leaf holds the name of an administrative unit; the value is the sibling property with its code. */
  nameOf?: string;
  /** The range of its leaves among all leaves of the tree (`leavesOf` the root): from `first` to before `end`. */
  first: number;
  end: number;
  /** Does the schema forbid other properties, here and below? A leaf is granted whole, whatever it holds. */
  closed: boolean;
}

/** A schema inside a document, and whether it applies to some values only (`oneOf`, `then` …). */
export interface Subschema {
  readonly file: string;
  readonly pointer: string;
  readonly schema: SchemaObject;
  readonly conditional: boolean;
}

export interface SchemaObject {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly unevaluatedProperties?: unknown;
  readonly properties?: Readonly<Record<string, SchemaObject>>;
  readonly items?: SchemaObject;
  readonly allOf?: readonly SchemaObject[];
  readonly anyOf?: readonly SchemaObject[];
  readonly oneOf?: readonly SchemaObject[];
  readonly if?: SchemaObject;
  readonly then?: SchemaObject;
  readonly else?: SchemaObject;
  readonly dependentSchemas?: Readonly<Record<string, SchemaObject>>;
  readonly 'x-sensitivity'?: Sensitivity;
  readonly 'x-subject'?: string;
  readonly 'x-scope'?: string;
  readonly 'x-within'?: string;
  readonly 'x-name-of'?: string;
  readonly 'x-since'?: number;
  readonly 'x-leaf'?: boolean;
  readonly 'x-version'?: boolean;
  readonly 'x-shares-agree'?: string;
  readonly 'x-dates-in-order'?: readonly string[];
  readonly 'x-criterion'?: string;
}

/** A schema cannot be read as a tree of fields; `pointer` leads to the fault in the document. */
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

/** State of the walk from the root to a node. */
interface Walk {
  /** The most sensitive tag so far; `undefined` before the first. */
  readonly sensitivity: Sensitivity | undefined;
  readonly since: number;
  /** Visited subschemas, `file#pointer`: a second visit is a cycle. */
  readonly visited: readonly string[];
  /** Inside a branch that may not apply. */
  readonly conditional: boolean;
  /** Inside `if`, `then`, `else`: a condition declares no fields, and refers to fields declared elsewhere. */
  readonly knownOnly: boolean;
}

const start: Walk = {
  sensitivity: undefined,
  since: 0,
  visited: [],
  conditional: false,
  knownOnly: false,
};

/**
 * Reads the tree of a schema document. A leaf is as sensitive as the most sensitive tag on the path to it: a commune code is
 * public, but the commune of a person's residence is not.
 * @param schemas documents by file name; `$ref` may lead from one to another
 * @throws FieldError for a reference that does not resolve or is cyclic, for a leaf without `x-sensitivity`, and for a field
 *   that may be a single value or an object or a list: its parts could not be granted without the whole
 */
export function readFields(name: string, schemas: ReadonlyMap<string, object>): FieldNode {
  const root = emptyNode('');
  visit(root, schemas, name, '', start);
  sumUp(root, 0);
  return root;
}

function emptyNode(path: FieldPath): FieldNode {
  return { path, properties: new Map(), subschemas: [], first: 0, end: 0, closed: false };
}

/** Completes a node after all nodes below it. @returns the number of the leaf after it */
function sumUp(node: FieldNode, first: number): number {
  const children = childrenOf(node);
  if (children.length > 0) refuseValues(node);
  node.first = first;
  node.end = children.reduce((next, child) => sumUp(child, next), node.leaf ? first + 1 : first);
  node.closed = isClosed(node);
  return node.end;
}

/** @throws FieldError for a node with parts that may also be a single value */
function refuseValues({ path, leaf, subschemas = [] }: FieldNode): void {
  const subschema = subschemas.find(({ schema }) =>
    [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].some(allowsValue),
  );
  if (!subschema && !leaf) return;
  const { file, pointer } = subschema ?? subschemas[0]!;
  throw new FieldError(
    file,
    pointer,
    `field "${path}" may be one value, or an object or a list: x-leaf makes it one field, granted as a whole`,
  );
}

const valueTypes = new Set(['string', 'number', 'integer', 'boolean']);

/** Does the schema allow a type or a constant that is neither an object nor a list? */
function allowsValue({ type = [], const: constant, enum: constants = [] }: SchemaObject): boolean {
  return (
    [type].flat().some((name) => valueTypes.has(name)) ||
    [constant, ...constants].some((one) => valueTypes.has(typeof one))
  );
}

function isClosed(node: FieldNode): boolean {
  const closes = node.subschemas?.some(
    ({ conditional, schema }) =>
      !conditional && (schema.additionalProperties === false || schema.unevaluatedProperties === false),
  );
  return (node.properties.size === 0 || closes === true) && childrenOf(node).every(({ closed }) => closed);
}

function visit(
  node: FieldNode,
  schemas: ReadonlyMap<string, object>,
  file: string,
  pointer: string,
  walk: Walk,
): void {
  const schema = schemaAt(schemas, file, pointer);
  const address = `${file}#${pointer}`;
  if (walk.visited.includes(address))
    throw new FieldError(file, pointer, 'refers to itself: a contract must be finite');
  const here: Walk = {
    ...walk,
    sensitivity: moreSensitive(walk.sensitivity, schema['x-sensitivity']),
    since: Math.max(walk.since, schema['x-since'] ?? 0),
    visited: [...walk.visited, address],
  };
  node.subschemas?.push({ file, pointer, schema, conditional: walk.conditional });
  // Also without `x-subject`: evidence must name the person even if the schema's author forgot it.
  const derived = personalFormats.has(schema.format ?? '') ? 'person' : undefined;
  node.subject = schema['x-subject'] ?? derived ?? node.subject;
  node.scope = schema['x-scope'] ?? node.scope;
  node.within = schema['x-within'] ?? node.within;
  node.nameOf = schema['x-name-of'] ?? node.nameOf;

  if (!schema['x-leaf']) {
    if (schema.$ref !== undefined) visit(node, schemas, ...resolve(file, schema.$ref), here);
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      const known = node.properties.get(name);
      // A branch that only requires or forbids a property (`{}`, `false`) describes the field no further.
      if (known && (typeof child !== 'object' || Object.keys(child).length === 0)) continue;
      if (!known && here.knownOnly) continue;
      const path = `${node.path}/${escapePointer(name)}`;
      const field = known ?? emptyNode(path);
      node.properties.set(name, field);
      visit(field, schemas, file, `${pointer}/properties/${escapePointer(name)}`, here);
    }
    if (schema.items !== undefined && (node.item || !here.knownOnly)) {
      node.item ??= emptyNode(`${node.path}/*`);
      visit(node.item, schemas, file, `${pointer}/items`, here);
    }
    // After the properties: the declaration of a field comes before the branches that add to it.
    for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
      const inside = keyword === 'allOf' ? here : { ...here, conditional: true };
      (schema[keyword] ?? []).forEach((branch, index) => {
        if (describes(branch)) visit(node, schemas, file, `${pointer}/${keyword}/${index}`, inside);
      });
    }
    const condition: Walk = { ...here, conditional: true, knownOnly: true };
    for (const keyword of ['if', 'then', 'else'] as const) {
      if (describes(schema[keyword])) visit(node, schemas, file, `${pointer}/${keyword}`, condition);
    }
    for (const [name, branch] of Object.entries(schema.dependentSchemas ?? {})) {
      const inside = `${pointer}/dependentSchemas/${escapePointer(name)}`;
      if (describes(branch)) visit(node, schemas, file, inside, condition);
    }
  }
  if (here.knownOnly) return;
  if (node.properties.size > 0 || node.item || node.leaf) return;
  if (!here.sensitivity) throw new FieldError(file, pointer, `field "${node.path}" has no x-sensitivity`);
  node.leaf = { path: node.path, sensitivity: here.sensitivity, since: here.since };
}

/** Keywords by which a branch describes a field, and not only valid combinations. */
const describing = [
  ...['$ref', 'properties', 'items', 'format', 'x-subject', 'x-scope'],
  ...['allOf', 'anyOf', 'oneOf', 'if', 'then', 'else', 'dependentSchemas'],
];

function describes(branch: SchemaObject | boolean | undefined): boolean {
  return branch instanceof Object && describing.some((keyword) => Object.hasOwn(branch, keyword));
}

function moreSensitive(
  one: Sensitivity | undefined,
  other: Sensitivity | undefined,
): Sensitivity | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return ranks.indexOf(one) > ranks.indexOf(other) ? one : other;
}

const knownLeaves = new WeakMap<FieldNode, readonly Leaf[]>();

/** Every leaf, in the schema's order, computed once. The tree must be complete. */
export function leavesOf(node: FieldNode): readonly Leaf[] {
  let leaves = knownLeaves.get(node);
  if (!leaves) {
    leaves = node.leaf ? [node.leaf] : childrenOf(node).flatMap(leavesOf);
    knownLeaves.set(node, leaves);
  }
  return leaves;
}

export function childrenOf(node: FieldNode): FieldNode[] {
  return node.item ? [...node.properties.values(), node.item] : [...node.properties.values()];
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

export function schemaAt(schemas: ReadonlyMap<string, object>, file: string, pointer: string): SchemaObject {
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
export function resolve(from: string, reference: string): [file: string, pointer: string] {
  const [file, pointer = ''] = reference.split('#') as [string, string?];
  return [file || from, decodeURIComponent(pointer)];
}
