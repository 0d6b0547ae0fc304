/** The schema documents of this directory, for the generator and the tests. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const directory = fileURLToPath(new URL('.', import.meta.url));

/** By file name, which is also the `$id`: `person.schema.json`. */
export function readSchemas(): Map<string, object> {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.schema.json'))
    .sort();
  return new Map(names.map((name) => [name, JSON.parse(readFileSync(`${directory}${name}`, 'utf8'))]));
}
