/** Where a JSON Schema holds schemas: the only place that knows which keyword has one, a list or a map of them. */
import type { Json } from '../../operation/json.ts';

export type Schema = Json;

/** @returns the schema that replaces `child`, which is found at `keyword` (and `name`: a property, or an index) */
export type MapChild = (child: Schema, keyword: string, name: string | number | undefined) => unknown;

const one = new Set(['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains']);
const lists = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const maps = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions']);

/** A copy whose direct subschemas are replaced by the results of `map`. A boolean schema in a map or a list becomes an object. */
export function mapSubschemas(schema: Schema, map: MapChild): Schema {
  // The spread keeps the schema's name (`named.ts`).
  return {
    ...schema,
    ...Object.fromEntries(
      Object.entries(schema).map(([keyword, value]) => {
        if (one.has(keyword)) return [keyword, isObject(value) ? map(value, keyword, undefined) : value];
        if (lists.has(keyword)) {
          return [keyword, (value as unknown[]).map((child, index) => map(asObject(child), keyword, index))];
        }
        if (maps.has(keyword)) {
          const children = Object.entries(value as Json);
          return [
            keyword,
            Object.fromEntries(children.map(([name, child]) => [name, map(asObject(child), keyword, name)])),
          ];
        }
        return [keyword, value];
      }),
    ),
  };
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null;
}

/** `true` allows everything, as does a schema without keywords; `false` nothing. */
function asObject(schema: unknown): Schema {
  if (isObject(schema)) return schema;
  return schema === false ? { not: {} } : {};
}
