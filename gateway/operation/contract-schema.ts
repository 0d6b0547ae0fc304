/** The names of the contracts' schemas as components of the OpenAPI document. */
import { type Json, ref } from './json.ts';

/** `strict`: the schema itself. `granted`: the schema of a minimised answer, in which fields may be missing. */
export type Form = 'strict' | 'granted';

/** A reference to a schema of the catalogue. */
export function reference(schema: object, form: Form): Json {
  return ref(`schemas/${componentName(fileOf(schema), form)}`);
}

export function fileOf(schema: object): string {
  return (schema as { $id: string }).$id;
}

/** Components of the document that do not come from contracts. */
const ours = new Set(['Meta', 'Problem', 'CloudEvent']);

/** `person-lookup.request.schema.json` → `PersonLookupRequest`, `person.schema.json` as granted → `PersonGranted`. */
export function componentName(file: string, form: Form): string {
  const words = file.replace('.schema.json', '').split(/[.-]/);
  const name = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
  if (form === 'granted') return `${name}Granted`;
  return ours.has(name) ? `${name}Schema` : name;
}
