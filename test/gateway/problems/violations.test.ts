/** Every violation is a sentence, in both languages: of every keyword that can fail, and of every format. */
import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { addFormats, formats } from '../../../gateway/catalog/vocabulary/vocabulary.ts';
import { circumstances } from '../../../gateway/circumstances/circumstances.ts';
import { Problem, problemBody, type Violation } from '../../../gateway/problems/problem.ts';
import { checks } from '../../../gateway/problems/sentences/checks.ts';
import { formatSentence } from '../../../gateway/problems/sentences/formats.ts';
import { placedFor, violationsOf } from '../../../gateway/problems/violations.ts';

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
  'x-shares-agree': [{ type: 'array', 'x-shares-agree': 'share' }, [{ share: 100 }, { share: 100 }]],
  'x-not-future': [{ type: 'string', 'x-not-future': true }, '9999-12-31'],
  'x-dates-in-order': [
    { type: 'object', 'x-dates-in-order': ['a', 'b'] },
    { a: '2026-01-02', b: '2026-01-01' },
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
  ...['x-sensitivity', 'x-subject', 'x-scope', 'x-within', 'x-name-of', 'x-leaf', 'x-version', 'x-since'],
  'x-criterion',
]);

/** Has it a letter that English does not have? */
const isVietnamese = (text: string) => /[à-ỹđ]/i.test(text.normalize('NFC'));

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

t.test('every format shows an example, which keeps it', async (t) => {
  for (const format of Object.keys(ajv.formats)) {
    const { detail, vi } = formatSentence(format);
    const [, example] = /, such as (.+)$/.exec(detail) ?? [];
    t.ok(example && ajv.validate({ type: 'string', format }, example), `${format}: ${example}`);
    t.ok(vi.endsWith(`, ví dụ ${example}`), vi);
  }
});

t.test('every check of the gateway itself', async (t) => {
  const forms = Object.fromEntries(circumstances.map(({ header, refusal }) => [header, refusal]));
  for (const [name, check] of Object.entries({ ...checks, ...forms })) {
    if (name === 'finding') continue; // of files that operators wrote, in English
    const { detail, vi } = typeof check === 'function' ? check(...argumentsOf(name)) : check;
    t.ok(detail.length > 7 && !detail.includes('undefined'), `${name}: ${detail}`);
    t.ok(vi !== detail && !vi.includes('undefined') && isVietnamese(vi), `${name}: ${vi}`);
  }
});

/** Of the checks that are functions. */
function argumentsOf(name: string): [never, never] {
  const given: readonly unknown[] = name === 'unnamedFields' ? [['/name'], 0] : [7, 9];
  return given as [never, never];
}

/** Schemas, a value, and all that is said of it. */
const unions: readonly (readonly [name: string, schema: object, value: unknown, said: readonly string[]])[] =
  [
    [
      'an empty search',
      { anyOf: [{ required: ['name'] }, { required: ['provinceCode'] }] },
      {},
      [' at least one of these is required: name, provinceCode'],
    ],
    [
      'what belongs together',
      { anyOf: [{ required: ['a', 'b'] }, { required: ['c'] }] },
      {},
      [' at least one of these is required: a and b, c'],
    ],
    [
      'exactly one',
      { oneOf: [{ required: ['a'] }, { required: ['b'] }] },
      {},
      [' exactly one of these is required: a, b'],
    ],
    [
      'both of exactly one',
      { oneOf: [{ required: ['a'] }, { required: ['b'] }] },
      { a: 1, b: 1 },
      [' exactly one of these is required: a, b'],
    ],
    [
      'the last two of exactly one of three',
      { oneOf: [{ required: ['a'] }, { required: ['b'] }, { required: ['c'] }] },
      { b: 1, c: 1 },
      [' exactly one of these is required: a, b, c'],
    ],
    [
      'both of exactly one, beside what both require',
      { oneOf: [{ required: ['x', 'a', 'b'] }, { required: ['c', 'x'] }] },
      { a: 1, b: 1, c: 1, x: 1 },
      [' exactly one of these is required: a and b, c'],
    ],
    [
      'too many forms, of which one requires no more than another',
      { oneOf: [{ required: ['a'] }, { required: ['a', 'b'] }] },
      { a: 1, b: 1 },
      [' must fit exactly one of the forms of the contract'],
    ],
    [
      'too many forms, of which one requires nothing',
      { oneOf: [{ properties: { a: { minimum: 1 } } }, { required: ['b'] }] },
      { a: 1, b: 1 },
      [' must fit exactly one of the forms of the contract'],
    ],
    [
      'an object or nothing, behind a reference',
      { properties: { x: { anyOf: [{ $ref: 'dated' }, { type: 'null' }] } }, required: ['y'] },
      { x: { q: 'x' } },
      ['/y is required', '/x/q must be a valid day, YYYY-MM-DD, such as 2026-01-31'],
    ],
    [
      'the branch that was meant, by what it has',
      { oneOf: [only('sequence', { minimum: 1 }), only('time', {}), only('everything', { const: true })] },
      { sequence: 0 },
      ['/sequence must be at least 1'],
    ],
    [
      'the branch that was meant, by a property that distinguishes them',
      {
        anyOf: [
          { properties: { kind: { const: 'a' }, n: { minimum: 3 } } },
          { properties: { kind: { const: 'b' }, n: { maximum: 1 } } },
        ],
      },
      { kind: 'a', n: 2 },
      ['/n must be at least 3'],
    ],
    [
      'what is wrong with every branch',
      { oneOf: [only('sequence', { minimum: 1 }), only('time', {})] },
      { tiem: 1 },
      ['/tiem is not a property of the contract', ' exactly one of these is required: sequence, time'],
    ],
    [
      'one value of several forms',
      { properties: { x: { anyOf: [{ minimum: 5 }, { multipleOf: 3 }] } } },
      { x: 1 },
      ['/x must be at least 5, or must be a multiple of 3'],
    ],
    [
      'branches that want different things',
      { anyOf: [{ properties: { a: { minimum: 5 } } }, { properties: { b: { minimum: 5 } } }] },
      { a: 1, b: 1 },
      [' fits none of the forms of the contract', '/a must be at least 5', '/b must be at least 5'],
    ],
    [
      'one in another',
      { anyOf: [{ type: 'null' }, { anyOf: [{ required: ['a'] }, { required: ['b'] }] }] },
      {},
      [' at least one of these is required: a, b'],
    ],
    [
      'an item that is missing, and nothing of those that are there',
      { contains: { $ref: 'dated' }, maxItems: 1 },
      [{ q: 'x' }, 1],
      [' must have at most 1 items', ' lacks an item that the contract requires'],
    ],
    [
      'a condition speaks by what it wants',
      JSON.parse('{ "if": { "required": ["a"] }, "then": { "required": ["b"] } }'),
      { a: 1 },
      ['/b is required'],
    ],
    ['a name', { propertyNames: { maxLength: 1 } }, { abc: 1 }, ['/abc has a name that is not allowed']],
  ];

function only(member: string, schema: object): object {
  return { required: [member], additionalProperties: false, properties: { [member]: schema } };
}

t.test('of a union only what mends the request is said', async (t) => {
  ajv.addSchema({ type: 'object', properties: { q: { type: 'string', format: 'date' } } }, 'dated');
  for (const [name, schema, value, said] of unions) {
    const found = violations(schema, value);
    t.strictSame(found.map(({ pointer, detail }) => `${pointer} ${detail}`).sort(), [...said].sort(), name);
    for (const { vi } of found) t.ok(isVietnamese(vi), vi);
  }
});

t.test('both of two numbers, in each contract that takes one of them', async (t) => {
  const [personalId, fullName, birthDate] = ['001199000000', 'Nguyễn Văn A', '1990'];
  const card = { personalId, identityCardNumber: '000000000' };
  const code = { personalId, enterpriseCode: '0109000015' };
  for (const [schema, value] of [
    ['person-lookup.request', card],
    ['person-verify.request', { ...card, fullName, birthDate }],
    ['parcel-find-by-owner.request', code],
    ['parcel-party', { ...code, sharePercent: 100 }],
  ] as const) {
    const file = new URL(`../../../schemas/${schema}.schema.json`, import.meta.url);
    const names = Object.keys(value).slice(0, 2).join(', ');
    t.strictSame(
      violations(JSON.parse(await readFile(file, 'utf8')), value),
      [
        {
          pointer: '',
          detail: `exactly one of these is required: ${names}`,
          vi: `phải có đúng một trong các trường: ${names}`,
        },
      ],
      schema,
    );
  }
});

t.test('the errors of a union are its own, wherever it stands', async (t) => {
  const union = { anyOf: [{ required: ['a'] }, { $ref: 'dated' }, { type: 'null' }] };
  const said = (schema: object, value: unknown) => violations(schema, value).map(({ detail }) => detail);
  // Whatever else is wrong before and behind it is said too.
  const wrong = { ...union, minProperties: 3, properties: { q: { maxLength: 0 } } };
  t.strictSame(said(wrong, { q: 'x' }).sort(), [
    'must be a valid day, YYYY-MM-DD, such as 2026-01-31',
    'must have at least 3 properties',
    'must have at most 0 characters',
  ]);
});

t.test('one mistake is said once', async (t) => {
  const forms = { oneOf: [{ required: ['a'] }, { required: ['b'] }], type: 'object' };
  for (const value of [[], null, '', 1]) {
    const found = violations(forms, value);
    t.strictSame(
      found.map(({ detail }) => detail),
      ['must be object'],
      JSON.stringify(value),
    );
  }
  const name = { type: 'string', format: 'enterprise-name', minLength: 2 };
  const found = violations({ properties: { name, other: { minLength: 2 } } }, { name: '', other: '' });
  t.strictSame(found.map(({ pointer, detail }) => `${pointer} ${detail}`).sort(), [
    `/name ${formatSentence('enterprise-name').detail}`,
    '/other must have at least 2 characters',
  ]);
  // What is wrong elsewhere is another mistake.
  t.equal(violations({ properties: { x: forms }, required: ['y'] }, { x: [] }).length, 2);
});

t.test('a violation is placed by what its sender sent', async (t) => {
  const found = violations({ required: ['a~b'], properties: { p: { maximum: 1 } } }, { p: 2 });
  t.strictSame(placedFor('POST', found), found);
  t.strictSame(
    placedFor('GET', found)
      .map(({ parameter }) => parameter)
      .sort(),
    ['a~b', 'p'],
  );
  t.strictSame(
    placedFor('GET', [{ pointer: '', ...checks.required }]),
    [{ ...checks.required }],
    'what is wrong with all of them has no name',
  );
});

t.test('a hundred thousand errors of one body are read in a moment, and a hundred are said', async (t) => {
  const found = violations(
    { type: 'array', items: { type: 'string' } },
    Array.from({ length: 100_000 }, () => 1),
  );
  t.equal(found.length, 100);
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
