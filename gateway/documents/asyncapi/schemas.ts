/**
 * Schemas of the catalogue (JSON Schema 2020-12) as AsyncAPI's Schema Objects, a superset of draft 7: there a `$ref` hides
 * its siblings, and definitions have another name. A description beside a `$ref` is kept, for human readers: in
 * a separate `allOf`, each use would become another type.
 */

/** A copy with the same meaning in draft 7. */
export function asDraft07(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asDraft07);
  if (!(schema instanceof Object)) return schema;
  const entries = Object.entries(schema).map(([name, value]) => [
    name === '$defs' ? 'definitions' : name,
    name === '$ref' ? (value as string).replace('/$defs/', '/definitions/') : asDraft07(value),
  ]);
  const { $ref, ...beside } = Object.fromEntries(entries);
  if (typeof $ref !== 'string') return { ...beside, ...($ref !== undefined && { $ref }) };
  const isAnnotated = Object.keys(beside).every((name) => name === 'description' || name.startsWith('x-'));
  return isAnnotated ? { ...beside, $ref } : { ...beside, allOf: [{ $ref }] };
}
