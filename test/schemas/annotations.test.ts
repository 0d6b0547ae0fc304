import t from 'tap';
import { readSchemas } from '../../schemas/read.ts';

interface Schema {
  readonly $id?: string;
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema | true>>;
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly 'x-sensitivity'?: string;
  readonly 'x-subject'?: string;
  readonly 'x-leaf'?: boolean;
}

/** Formats of numbers of persons. An old identity card counts by its format alone; a passport has none. */
const personal = new Set(['personal-id', 'tax-code']);

const schemas = readSchemas() as Map<string, Schema>;

/** Every schema inside a document, with the pointer to it. Conditions (`if`, `anyOf` …) declare nothing. */
function* walk(schema: Schema, pointer = ''): Generator<[pointer: string, schema: Schema]> {
  yield [pointer, schema];
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property !== true && !schema.$ref) yield* walk(property, `${pointer}/properties/${name}`);
  }
  if (schema.items) yield* walk(schema.items, `${pointer}/items`);
}

for (const [file, document] of schemas) {
  t.test(file, async (t) => {
    t.equal(document.$id, file, '$id is the file name');
    t.ok(document.title && document.description, 'has a title and a description');
    for (const [pointer, schema] of walk(document)) {
      const isProperty = pointer.split('/').at(-2) === 'properties';
      if (isProperty) {
        t.ok(schema['x-sensitivity'], `${pointer} has x-sensitivity`);
        t.ok(schema.description, `${pointer} has a description`);
      }
      if (schema.$ref) {
        t.ok(schemas.has(schema.$ref), `${pointer} refers to a document`);
        continue;
      }
      if (schema.properties) t.equal(schema.additionalProperties, false, `${pointer} is closed`);
      if (schema.type === 'string') {
        t.ok(schema.format ?? schema.pattern ?? schema.maxLength, `${pointer} is bounded`);
      }
      if (schema.type === 'array') t.ok(schema.maxItems, `${pointer} is bounded`);
      if (schema.type === 'integer' || schema.type === 'number') {
        t.ok(schema.minimum !== undefined && schema.maximum !== undefined, `${pointer} is bounded`);
      }
      const isPersonal = personal.has(schema.format ?? '') || pointer.endsWith('/passportNumber');
      t.equal(
        schema['x-subject'],
        isPersonal ? 'person' : undefined,
        `${pointer}: a personal number is a subject, and nothing else is`,
      );
      if (isPersonal) {
        t.equal(schema['x-sensitivity'], 'basic', `${pointer} is basic personal data`);
      }
    }
  });
}

t.test('ethnicity, religion and blood group are sensitive', async (t) => {
  const person = schemas.get('person.schema.json')!.properties as Record<string, Schema>;
  const sensitive = Object.entries(person).filter(([, schema]) => schema['x-sensitivity'] === 'sensitive');
  t.strictSame(
    sensitive.map(([name]) => name),
    ['ethnicity', 'religion', 'bloodGroup'],
  );
});
