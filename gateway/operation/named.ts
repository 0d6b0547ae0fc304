/** Marks schemas with the names that they get as components of the OpenAPI document (`documents/schemas/name-schemas.ts`). */
import type { Json } from './json.ts';

const NAME = Symbol('name');

/** The whole name, or the part that distinguishes a schema from others of the same owner. */
export type Name = string | { readonly by: string };

/** Marks a schema, which becomes the component `name` wherever the document uses it. */
export const named = (name: Name, schema: Json): Json => ({ ...schema, [NAME]: name }) as Json;

export function nameOf(schema: Json): Name | undefined {
  return (schema as { readonly [NAME]?: Name })[NAME];
}

/** `population.person.lookup.v1` → `PopulationPersonLookupV1`. */
export function pascalCase(text: string): string {
  return text
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join('');
}
