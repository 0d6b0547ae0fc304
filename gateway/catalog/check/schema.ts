/**
 * Checks a single schema document: it must be a JSON Schema (2020-12), and every keyword must have an effect. Keywords that a validator
 * would ignore are errors: an unknown keyword, an unknown format, a format for a value that is no text.
 */
import type { ErrorObject } from 'ajv/dist/2020.js';
import { closestMatch } from 'leven';
import { resolve } from '../fields/fields.ts';
import { escapePointer, type SourceFile, unescapePointer } from '../read/document.ts';
import { schemaDialect } from '../vocabulary/dialect.ts';
import { subschemas } from '../vocabulary/subschemas.ts';

/** Reports every error of a document; `documents` are those that it may refer to, by name. */
export type SchemaCheck = (
  file: SourceFile,
  documents: ReadonlyMap<string, SourceFile>,
  report: (pointer: string, message: string) => void,
) => void;

export function createSchemaCheck(): SchemaCheck {
  const ajv = schemaDialect();

  return (file, documents, report) => {
    const seen = new Set<string>();
    const reportAt = (pointer: string, message: string): void => {
      // Of several errors at one place only the first is reported: the others come from alternatives.
      if (!seen.has(pointer)) report(pointer, message);
      seen.add(pointer);
    };
    visit(file.value, '');
    // Not with an error at `/$schema` (another dialect has another meta-schema) or at the root (no schema at all).
    if (!seen.has('/$schema') && !seen.has('') && !ajv.validateSchema(file.value as object)) {
      for (const error of ajv.errors ?? [])
        reportAt(error.instancePath, `${error.instancePath.split('/').at(-1)} ${sentenceOf(error)}`);
    }

    function visit(schema: unknown, pointer: string): void {
      if (typeof schema === 'boolean') return;
      if (!(schema instanceof Object) || Array.isArray(schema)) {
        reportAt(pointer, 'a schema is an object, or true or false');
        return;
      }
      for (const [keyword, value] of Object.entries(schema)) {
        const fault =
          pointer === '' && keyword === '$id' ? undefined : faultOf(schema, keyword, value, file, documents);
        if (fault) reportAt(`${pointer}/${escapePointer(keyword)}`, fault);
      }
      for (const inner of subschemas(schema)) visit(inner.schema, pointer + inner.pointer);
    }
  };

  function faultOf(
    schema: object,
    keyword: string,
    value: unknown,
    file: SourceFile,
    documents: ReadonlyMap<string, SourceFile>,
  ): string | undefined {
    if (!Object.hasOwn(ajv.RULES.keywords, keyword))
      return `unknown keyword "${keyword}"${suggestion(keyword)}`;
    if (unread.has(keyword)) return `the gateway does not read "${keyword}"`;
    if (keyword === 'format') return formatFault(schema, value);
    if (keyword === '$schema' && !DIALECT.test(String(value)))
      return '$schema must be https://json-schema.org/draft/2020-12/schema';
    if (keyword === '$ref') return referenceFault(value, file, documents);
    const definition = ajv.getKeyword(keyword);
    if (typeof definition === 'object' && definition.validateSchema) {
      if (definition.validateSchema(value)) return undefined;
      return `"${keyword}" ${sentenceOf(definition.validateSchema.errors![0]!)}`;
    }
    return undefined;
  }

  function formatFault(schema: object, format: unknown): string | undefined {
    if (typeof format !== 'string') return 'format must be a text';
    if (!(format in ajv.formats)) {
      const known = Object.keys(ajv.formats).sort().join(', ');
      return `unknown format "${format}": nothing would be checked; known are ${known}`;
    }
    const types = 'type' in schema ? [schema.type].flat() : [];
    if (types.length > 0 && types.every((type) => others.has(type))) {
      return `format "${format}" is one of texts: on type ${types.join(', ')} nothing would be checked`;
    }
    return undefined;
  }

  /** A misspelt annotation is the most dangerous error: a field would lose its protection, and everything would work. */
  function suggestion(keyword: string): string {
    const known = closestMatch(keyword, Object.keys(ajv.RULES.all), { maxDistance: 2 });
    return known ? `: did you mean "${known}"?` : '';
  }
}

const others = new Set<unknown>(['null', 'boolean', 'integer', 'number', 'object', 'array']);

const DIALECT = /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;

/** Keywords that change the target of references, or belong to other dialects: fields are found by pointers alone. */
const unread = new Set([
  ...['$id', 'id', '$anchor', '$dynamicAnchor', '$dynamicRef', '$recursiveRef', '$recursiveAnchor'],
  ...['$async', '$vocabulary', 'dependencies'],
]);

function referenceFault(
  reference: unknown,
  from: SourceFile,
  documents: ReadonlyMap<string, SourceFile>,
): string | undefined {
  if (typeof reference !== 'string') return '$ref must be a text';
  const [name, pointer] = resolve('', reference);
  const document = name === '' ? from : documents.get(name);
  if (!document) return `there is no schema ${name}`;
  if (pointer !== '' && !pointer.startsWith('/'))
    return `$ref must be a file name and a JSON Pointer, not #${pointer}`;
  // A document that cannot be read has its own errors.
  if (document.value === undefined || leadsSomewhere(document.value, pointer)) return undefined;
  return `there is nothing at ${reference}`;
}

function leadsSomewhere(root: unknown, pointer: string): boolean {
  let value = root;
  for (const token of pointer.split('/').slice(1)) {
    const name = unescapePointer(token);
    if (!(value instanceof Object) || !Object.hasOwn(value, name)) return false;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return true;
}

function sentenceOf({ message, keyword, params }: ErrorObject): string {
  const { allowedValues } = params as { allowedValues?: unknown[] };
  return `${message ?? keyword}${allowedValues ? `: ${allowedValues.join(', ')}` : ''}`;
}
