/** The keywords of a JSON Schema (2020-12, core and applicator vocabularies) that hold further schemas. */
import { escapePointer } from '../read/document.ts';

const one = new Set([
  ...[
    'additionalProperties',
    'propertyNames',
    'unevaluatedProperties',
    'items',
    'contains',
    'unevaluatedItems',
  ],
  ...['if', 'then', 'else', 'not', 'contentSchema'],
]);
const list = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const named = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions']);

export interface Subschema {
  /** From the enclosing schema: `/properties/name`. */
  readonly pointer: string;
  readonly keyword: string;
  readonly schema: unknown;
}

/** The schemas directly inside a schema. */
export function* subschemas(schema: object): Generator<Subschema> {
  for (const [keyword, value] of Object.entries(schema)) {
    if (one.has(keyword)) yield { pointer: `/${keyword}`, keyword, schema: value };
    if (list.has(keyword) && Array.isArray(value)) {
      for (const [index, item] of value.entries())
        yield { pointer: `/${keyword}/${index}`, keyword, schema: item };
    }
    if (named.has(keyword) && value instanceof Object) {
      for (const [name, item] of Object.entries(value))
        yield { pointer: `/${keyword}/${escapePointer(name)}`, keyword, schema: item };
    }
  }
}
