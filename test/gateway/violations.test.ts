/** Every violation is a sentence, in both languages: of every keyword that can fail, and of every format. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { addFormats, formats } from '../../gateway/catalog/formats.ts';
import { Problem, problemBody, type Violation } from '../../gateway/errors.ts';
import { violationsOf } from '../../gateway/violations.ts';

const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats(ajv);

function violations(schema: object, value: unknown): Violation[] {
  const validate = ajv.compile(schema);
  t.notOk(validate(value), JSON.stringify(schema));
  return violationsOf(validate.errors);
}

/** By keyword: a schema that it fails, and a value. */
const failing: Readonly<Record<string, [schema: object, value: unknown]>> = {
  maximum: [{ maximum: 1 }, 2],
  minimum: [{ minimum: 1 }, 0],
  exclusiveMaximum: [{ exclusiveMaximum: 1 }, 1],
  exclusiveMinimum: [{ exclusiveMinimum: 1 }, 1],
  multipleOf: [{ multipleOf: 2 }, 3],
  maxLength: [{ maxLength: 1 }, 'ab'],
  minLength: [{ minLength: 1 }, ''],
  pattern: [{ pattern: '^a$' }, 'b'],
  maxProperties: [{ maxProperties: 0 }, { a: 1 }],
  minProperties: [{ minProperties: 1 }, {}],
  required: [{ required: ['a'] }, {}],
  maxItems: [{ maxItems: 0 }, [1]],
  minItems: [{ minItems: 1 }, []],
  uniqueItems: [{ uniqueItems: true }, [1, 1]],
  type: [{ type: ['string', 'null'] }, 1],
  const: [{ const: 1 }, 2],
  enum: [{ enum: ['a', 'b'] }, 'c'],
  not: [{ not: { type: 'string' } }, ''],
  anyOf: [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 1],
  oneOf: [{ oneOf: [true, true] }, 1],
  if: [JSON.parse('{ "if": true, "then": { "type": "string" } }'), 1],
  propertyNames: [{ propertyNames: { maxLength: 1 } }, { ab: 1 }],
  additionalProperties: [{ additionalProperties: false }, { a: 1 }],
  unevaluatedProperties: [{ unevaluatedProperties: false }, { a: 1 }],
  items: [{ prefixItems: [true], items: false }, [1, 2]],
  unevaluatedItems: [{ prefixItems: [true], unevaluatedItems: false }, [1, 2]],
  contains: [{ contains: { type: 'string' } }, [1]],
  dependentRequired: [{ dependentRequired: { a: ['b'] } }, { a: 1 }],
  format: [{ type: 'string', format: 'personal-id' }, 'x'],
  'x-personal-id-agrees': [
    { type: 'object', 'x-personal-id-agrees': true },
    { personalId: '001190000019', sex: 'male', birthDate: '1990-05-17' },
  ],
  'x-polygon': [{ type: 'array', 'x-polygon': true }, [[]]],
};

/** These only hold schemas, or say something to a reader: what fails inside them speaks for itself. */
const silent = new Set([
  ...[
    '$dynamicAnchor',
    '$dynamicRef',
    '$recursiveAnchor',
    '$recursiveRef',
    '$comment',
    'id',
    '$ref',
    'nullable',
  ],
  ...['allOf', 'then', 'else', 'dependencies', 'properties', 'patternProperties', 'prefixItems'],
  ...['dependentSchemas', 'maxContains', 'minContains'],
  ...['x-sensitivity', 'x-subject', 'x-scope', 'x-within', 'x-leaf', 'x-since', 'x-criterion'],
]);

const sentence = (text: string | undefined) =>
  text !== undefined && text.length > 8 && !/breaks |undefined|x-|schema/.test(text);

t.test('every keyword of the validator', async (t) => {
  for (const keyword of Object.keys(ajv.RULES.all)) {
    if (silent.has(keyword)) continue;
    const example = failing[keyword];
    t.ok(example, `${keyword} has an example`);
    if (!example) continue;
    for (const { detail, vi } of violations(...example)) {
      t.ok(sentence(detail), `${keyword}: ${detail}`);
      t.ok(sentence(vi) && vi !== detail, `${keyword}: ${vi}`);
    }
  }
});

t.test('every format', async (t) => {
  const named = new Set<string>();
  for (const format of Object.keys(ajv.formats)) {
    const [violation] = violations({ type: 'string', format }, '\u0000');
    t.ok(sentence(violation?.detail), `${format}: ${violation?.detail}`);
    t.ok(
      sentence(violation?.vi) && !violation?.vi?.includes('đúng định dạng'),
      `${format}: ${violation?.vi}`,
    );
    named.add(violation?.detail ?? '');
  }
  t.equal(named.size, Object.keys(ajv.formats).length, 'each has a sentence of its own');
  for (const format of Object.keys(formats)) t.ok(format in ajv.formats, `${format} is among them`);
});

t.test('a problem says it in the language that was asked for, and in that one only', async (t) => {
  const errors = violations(...failing['x-personal-id-agrees']!);
  const problem = new Problem('contract_violation', { errors });
  t.strictSame(problemBody(problem, 'en', 'r').errors, [
    {
      pointer: '',
      detail:
        'century, sex and year in the personal identification number must agree with sex and birth date',
    },
  ]);
  t.strictSame(problemBody(problem, 'vi', 'r').errors, [
    {
      pointer: '',
      detail: 'thế kỷ, giới tính và năm sinh trong số định danh cá nhân phải khớp với giới tính và ngày sinh',
    },
  ]);
});
