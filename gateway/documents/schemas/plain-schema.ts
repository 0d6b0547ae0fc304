/**
 * A schema of the catalogue in the words that generators of clients understand: it allows the same, and the gateway's own
 * validation does not use it (docs/decisions/0058-documents-for-generators.md).
 *
 * | in the catalogue | in the document | else |
 * |---|---|---|
 * | `true`, `false` | `{}`, `{ "not": {} }` | openapi-python-client and oapi-codegen refuse the document |
 * | `enum`, `const` | with `type` beside it | Java: `Object` |
 * | `anyOf: [X, null]` | `type: [X's, null]` | Java does not compile |
 * | `type: null` of a property | `type: [string, null]`, and no string | Java does not compile |
 * | `integer` past 32 bits | `format: int64` | Java: an overflow |
 * | `number` | `format: double` | Go: 32 bits |
 * | `$ref` beside `properties` that only carry annotations | `$ref` | openapi-generator: an empty class |
 * | `oneOf` of what must be present | `oneOf` of whole objects (`alternatives.ts`) | types that lack the other properties |
 * | `title` | none: the component's name | types that share a name |
 */

import type { Json } from '../../operation/json.ts';
import { spellOut } from './alternatives.ts';
import { mapSubschemas, type Schema } from './subschemas.ts';

const INT32 = 2 ** 31 - 1;

/** @param resolve the schema that a `$ref` leads to */
export function plainSchema(schema: Schema, resolve: (ref: string) => Schema | undefined): Schema {
  const { title, ...copy } = mapSubschemas(schema, (child, keyword) => {
    const made = plainSchema(child, resolve);
    return keyword === 'properties' ? onlyNull(made) : made;
  });
  return [withoutOverlay(resolve), typed, nullable, sized, spellOut].reduce((made, step) => step(made), copy);
}

/** Adds the `type` that follows from the values. */
function typed(schema: Schema): Schema {
  if ('type' in schema) return schema;
  const values = 'const' in schema ? [schema.const] : (schema.enum as unknown[] | undefined);
  if (!values) return schema;
  const [type, ...more] = [...new Set(values.map(typeOf))];
  return { type: more.length === 0 ? type : [type, ...more], ...schema };
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Number.isInteger(value)) return 'integer';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** A value of one type, or null: combined in one schema. */
function nullable(schema: Schema): Schema {
  const { anyOf, ...outer } = schema;
  const [some, none, ...others] = (anyOf ?? []) as Schema[];
  if (!some || none?.type !== 'null' || others.length > 0 || typeof some.type !== 'string') return schema;
  if ('properties' in some) return schema; // an object gets a name of its own
  return {
    ...outer,
    ...some,
    type: [some.type, 'null'],
    ...(some.enum !== undefined && { enum: [...(some.enum as unknown[]), null] }),
  };
}

/** A property whose only value is null. */
function onlyNull(schema: Schema): Schema {
  return schema.type === 'null' ? { ...schema, type: ['string', 'null'], not: { type: 'string' } } : schema;
}

/** The size that a number needs. */
function sized(schema: Schema): Schema {
  if ('format' in schema) return schema;
  if (schema.type === 'number') return { ...schema, format: 'double' };
  if (schema.type !== 'integer' || 'enum' in schema) return schema;
  return Number(schema.maximum ?? Number.POSITIVE_INFINITY) > INT32 ? { ...schema, format: 'int64' } : schema;
}

/** Annotations on properties of a referenced schema (`x-scope`) are the gateway's own; further requirements are kept. */
const withoutOverlay =
  (resolve: (ref: string) => Schema | undefined) =>
  (schema: Schema): Schema => {
    const { $ref, ...beside } = schema;
    if (typeof $ref !== 'string') return schema;
    const { properties, type, ...others } = beside as { properties?: Json; type?: unknown };
    const demands = {
      ...(type !== undefined && resolve($ref)?.type !== type && { type }),
      ...(properties && !Object.values(properties).every(isAnnotation) && { properties }),
    };
    const annotations = Object.entries(others).filter(([keyword]) => isAnnotationKeyword(keyword));
    const more = Object.entries(others).filter(([keyword]) => !isAnnotationKeyword(keyword));
    if (more.length === 0 && Object.keys(demands).length === 0) {
      return { ...Object.fromEntries(annotations), $ref };
    }
    return {
      ...Object.fromEntries(annotations),
      allOf: [{ $ref }, { ...demands, ...Object.fromEntries(more) }],
    };
  };

const isAnnotation = (schema: unknown): boolean =>
  Object.keys(schema as Json).every((keyword) => isAnnotationKeyword(keyword));

const isAnnotationKeyword = (keyword: string): boolean =>
  keyword === 'description' || keyword.startsWith('x-');

/** Makes each schema of a document plain. @param prefix of references between them */
export function plainSchemas(
  schemas: Readonly<Record<string, Schema>>,
  prefix: string,
): { readonly given: Readonly<Record<string, Schema>>; readonly plain: (schema: Schema) => Schema } {
  const plain = (schema: Schema) => plainSchema(schema, (ref) => schemas[ref.replace(prefix, '')]);
  const given = Object.entries(schemas).map(([name, schema]) => [name, plain(schema)]);
  return { given: Object.fromEntries(given), plain };
}
