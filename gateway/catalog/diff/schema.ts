/**
 * The constraints of a JSON Schema by path in a document, so that two versions can be compared path by path.
 *
 * References are followed and `allOf` is merged. Conditions (`anyOf`, `oneOf`, `if`, `not`, …) are compared as text: equality of
 * two conditions is undecidable in general, so any difference counts as a change.
 */
import { escapePointer, unescapePointer } from '../read/document.ts';

export interface Constraints {
  /** Types that a value may have; empty: any. */
  readonly types: Set<string>;
  /** `enum` and `const`: the values allowed, as JSON. */
  values: Set<string> | undefined;
  /** Does the object around it require it? */
  required: boolean;
  /** Keywords with a number: `maxLength`, `minimum`, … */
  readonly bounds: Map<string, number>;
  /** Keywords compared as they are: `format`, `pattern`, conditions. */
  readonly texts: Map<string, string>;
  /** Are properties allowed that the schema does not name? */
  open: boolean;
}

/** By path: RFC 6901 with `*` for each item of an array; `''` is the whole. */
export type ConstraintsByPath = Map<string, Constraints>;

type Schema = Readonly<Record<string, unknown>>;

const bounds = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
];

/** Keywords compared as text. `multipleOf` and `uniqueItems` too: any other value accepts other documents. */
const textKeywords = [
  'format',
  'pattern',
  'multipleOf',
  'uniqueItems',
  'x-personal-id-agrees',
  'x-shares-agree',
  'x-not-future',
  'x-dates-in-order',
  'x-polygon',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'propertyNames',
  'patternProperties',
  'contains',
  'prefixItems',
];

/** @param schemas documents by file name; sound, so references resolve and have no cycles */
export function constraintsOf(name: string, schemas: ReadonlyMap<string, object>): ConstraintsByPath {
  const byPath: ConstraintsByPath = new Map();
  visit(byPath, schemas, name, schemas.get(name) as Schema, '');
  return byPath;
}

function visit(
  byPath: ConstraintsByPath,
  schemas: ReadonlyMap<string, object>,
  file: string,
  schema: Schema | boolean,
  path: string,
): void {
  const constraints = byPath.get(path) ?? noConstraints();
  byPath.set(path, constraints);
  // `true` allows every value; `false` is an empty list of values.
  if (typeof schema === 'boolean') {
    if (!schema) constraints.values = new Set();
    return;
  }
  if (typeof schema.$ref === 'string') visit(byPath, schemas, ...resolve(schemas, file, schema.$ref), path);
  for (const branch of listOf(schema.allOf)) visit(byPath, schemas, file, branch, path);

  for (const type of [schema.type ?? []].flat()) constraints.types.add(String(type));
  const values = schema.const === undefined ? schema.enum : [schema.const];
  if (Array.isArray(values)) constraints.values = new Set(values.map((value) => JSON.stringify(value)));
  for (const bound of bounds) {
    const value = schema[bound];
    if (typeof value === 'number') constraints.bounds.set(bound, value);
  }
  for (const keyword of textKeywords) {
    if (schema[keyword] !== undefined) constraints.texts.set(keyword, text(schema[keyword], schemas, file));
  }
  if (schema.additionalProperties === false || schema.unevaluatedProperties === false)
    constraints.open = false;

  for (const [key, child] of Object.entries((schema.properties ?? {}) as Readonly<Record<string, Schema>>)) {
    visit(byPath, schemas, file, child, `${path}/${escapePointer(key)}`);
  }
  for (const key of listOf(schema.required)) {
    const child = `${path}/${escapePointer(String(key))}`;
    const known = byPath.get(child) ?? noConstraints();
    known.required = true;
    byPath.set(child, known);
  }
  if (schema.items !== undefined) visit(byPath, schemas, file, schema.items as Schema, `${path}/*`);
}

function noConstraints(): Constraints {
  return {
    types: new Set(),
    values: undefined,
    required: false,
    bounds: new Map(),
    texts: new Map(),
    open: true,
  };
}

function resolve(
  schemas: ReadonlyMap<string, object>,
  from: string,
  reference: string,
): [file: string, schema: Schema] {
  const [file, pointer = ''] = reference.split('#') as [string, string?];
  let value: unknown = schemas.get(file || from);
  for (const token of decodeURIComponent(pointer).split('/').slice(1)) {
    value = (value as Schema)[unescapePointer(token)];
  }
  return [file || from, value as Schema];
}

/** Canonical JSON of a keyword's value, with references resolved, and without comments. */
function text(value: unknown, schemas: ReadonlyMap<string, object>, file: string): string {
  const plain = (part: unknown, at: string): unknown => {
    if (Array.isArray(part)) return part.map((item) => plain(item, at));
    if (typeof part !== 'object' || part === null) return part;
    const entries = Object.entries(part)
      .filter(([key]) => key !== 'description' && key !== 'title' && key !== '$ref')
      .map(([key, child]) => [key, plain(child, at)] as const);
    if ('$ref' in part && typeof part.$ref === 'string') {
      const [target, schema] = resolve(schemas, at, part.$ref);
      entries.push(['$ref', plain(schema, target)]);
    }
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return JSON.stringify(plain(value, file));
}

function listOf(value: unknown): readonly Schema[] {
  return Array.isArray(value) ? value : [];
}
