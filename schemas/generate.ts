/**
 * Writes `types.ts`: one TypeScript type for each schema document, so that code cannot drift from the model.
 * `npm run generate`; a test compares the file with what this would write.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { readSchemas } from './read.ts';

const target = fileURLToPath(new URL('types.ts', import.meta.url));

const banner =
  '// Generated from *.schema.json by generate.ts (npm run generate): change the schemas, not this.';

/** The text of `types.ts`. */
export async function generateTypes(): Promise<string> {
  const documents = [...readSchemas()].map(([file, schema]) => [typeName(file), simplify(schema)]);
  const bundle: JSONSchema = { title: 'Bundle', definitions: Object.fromEntries(documents) };
  const text = await compile(bundle, 'Bundle', {
    bannerComment: banner,
    unreachableDefinitions: true,
    ignoreMinAndMaxItems: true,
    additionalProperties: false,
    unknownAny: true,
    style: { singleQuote: true, printWidth: 110 },
  });
  // The bundle only holds its definitions together: its own type and the remarks about it say nothing.
  return text
    .replace(/export interface Bundle \{[^}]*\}\n/, '')
    .replace(/ \*\n \* This interface was referenced by `Bundle`'s JSON-Schema\n.*\n/g, '');
}

/** `person-lookup.request.schema.json` → `PersonLookupRequest`. */
function typeName(file: string): string {
  return file
    .replace('.schema.json', '')
    .split(/[-.]/)
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join('');
}

/** Keywords that say which combinations are valid; as types they would only blur the object they stand on. */
const conditions = new Set(['anyOf', 'oneOf', 'if', 'then', 'else', '$schema', '$id', 'title']);

/** The part of a document that a type can express, with references that lead into the bundle. */
function simplify(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(simplify);
  if (typeof schema !== 'object' || schema === null) return schema;
  if ('$ref' in schema && typeof schema.$ref === 'string') {
    return { $ref: `#/definitions/${typeName(schema.$ref)}` };
  }
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !conditions.has(key) && !key.startsWith('x-'))
      .map(([key, value]) => [
        key,
        key === 'properties' ? mapValues(value as object, simplify) : simplify(value),
      ]),
  );
}

function mapValues(object: object, map: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, await generateTypes());
