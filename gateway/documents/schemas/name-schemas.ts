/**
 * Gives every object of a document a name: it becomes a component with references to it. Generators make a type of each name;
 * they invent names for types without one, differently each, or generate six equal types.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../operation/json.ts';
import { nameOf, pascalCase } from '../../operation/named.ts';
import { mapSubschemas, type Schema } from './subschemas.ts';

export interface Naming {
  /** The given components, and the parts that got a name. */
  readonly components: Readonly<Record<string, Schema>>;
  /**
   * Replaces a schema outside the components.
   * @param name of the component that it becomes if it is an object without a name of its own
   */
  place(schema: Schema, name: string): Schema;
}

/**
 * @param given components by name; their parts are named after them: `PersonFullName`
 * @param prefix of references
 * @param values true: a choice of values is named, too
 */
export function nameSchemas(
  given: Readonly<Record<string, Schema>>,
  prefix: string,
  { values = false }: { readonly values?: boolean } = {},
): Naming {
  const components: Record<string, Schema> = {};
  const taken = new Set(Object.keys(given));

  const add = (wanted: string, schema: Schema): Schema => {
    const name = freeName(wanted, schema);
    components[name] = schema;
    return { $ref: `${prefix}${name}` };
  };
  // The names of a deployer's contracts are unknown here, so a name that is taken gets a number.
  const freeName = (wanted: string, schema: Schema): string => {
    for (let n = 1; ; n++) {
      const name = n === 1 ? wanted : `${wanted}${n}`;
      const present = components[name];
      if (!taken.has(name) && (present === undefined || isDeepStrictEqual(present, schema))) return name;
    }
  };
  /** Names the parts of `schema`, which itself stays in place. */
  const nameParts = (schema: Schema, owner: string): Schema =>
    mapSubschemas(schema, (child, keyword, name) => {
      if (conditions.has(keyword)) return child;
      if (keyword === 'allOf') return nameParts(child, owner);
      // A type or null: the type's name is the owner's.
      if (typeof name === 'number' && !isChoice(schema)) return place(child, owner);
      return place(child, owner + suffixOf(keyword, name, child));
    });
  const place = (schema: Schema, wanted: string): Schema => {
    const own = nameOf(schema);
    const name = typeof own === 'string' ? own : wanted;
    const made = nameParts(schema, name);
    const isNamed = own === name || needsName(made) || (values && 'enum' in made);
    return isNamed ? add(name, made) : made;
  };

  for (const [name, schema] of Object.entries(given)) components[name] = nameParts(schema, name);
  return { components, place };
}

/** Keywords that decide whether a value is valid, without describing it. */
const conditions = new Set(['if', 'then', 'else', 'not', 'contains']);

/** An object with members, or a choice of types. */
function needsName(schema: Schema): boolean {
  return isChoice(schema) || ('properties' in schema && !('$ref' in schema));
}

function isChoice({ oneOf, anyOf }: Schema): boolean {
  const choices = (oneOf ?? anyOf ?? []) as readonly Schema[];
  return choices.filter(({ type }) => type !== 'null').length > 1;
}

function suffixOf(keyword: string, name: string | number | undefined, child: Schema): string {
  const own = nameOf(child);
  if (typeof own === 'object') return `By${pascalCase(own.by)}`;
  if (typeof name === 'string') return pascalCase(name);
  if (typeof name === 'number') return `Choice${name + 1}`;
  return keyword === 'items' ? 'Item' : 'Value';
}

/**
 * Replaces the schemas within `value`, which is no schema itself: a path, a response. Examples are unchanged.
 * @param members with schemas
 */
export function mapSchemas(
  value: unknown,
  map: (schema: Schema, within: readonly string[]) => unknown,
  members: readonly string[] = ['schema'],
): Json {
  const walk = (node: unknown, within: readonly string[]): unknown => {
    if (Array.isArray(node)) return node.map((item, index) => walk(item, [...within, String(index)]));
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, child]) => {
        if (key === 'example' || key === 'examples') return [key, child];
        return [key, members.includes(key) ? map(child as Schema, within) : walk(child, [...within, key])];
      }),
    );
  };
  return walk(value, []) as Json;
}
