import t from 'tap';
import { compareSchemas, type Direction } from '../../../../gateway/catalog/diff/compatibility.ts';
import { constraintsOf } from '../../../../gateway/catalog/diff/schema.ts';

const word = { type: 'string' };
const places = (schema: object, others: Record<string, object> = {}) =>
  constraintsOf('x', new Map(Object.entries({ x: schema, ...others })));

const of = (properties: object, more: object = {}) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...more,
});

/** name, before, after, and in each direction the reported differences; `!` breaks. */
const cases: [name: string, before: object, after: object, request: string[], answer: string[]][] = [
  ['nothing', of({ a: word }), of({ a: { ...word, description: 'other' } }), [], []],
  [
    'a property removed',
    of({ a: word, b: { type: 'object', properties: { c: word } } }),
    of({ a: word }),
    ['! /b is removed'],
    ['! /b is removed'],
  ],
  [
    'renamed',
    of({ a: word }),
    of({ b: word }),
    ['! /a is removed', '/b is new'],
    ['! /a is removed', '/b is new'],
  ],
  ['an optional property added', of({}), of({ a: word }), ['/a is new'], ['/a is new']],
  [
    'a required property added',
    of({}),
    of({ a: word }, { required: ['a'] }),
    ['! /a is new and required'],
    ['/a is new'],
  ],
  ['became required', of({ a: word }), of({ a: word }, { required: ['a'] }), ['! /a is required now'], []],
  [
    'no longer required',
    of({ a: word }, { required: ['a'] }),
    of({ a: word }),
    ['/a is no longer required'],
    [],
  ],
  [
    'another type',
    of({ a: word }),
    of({ a: { type: 'integer' } }),
    ['! /a type was string and is integer'],
    ['! /a type was string and is integer'],
  ],
  [
    'a type more',
    of({ a: word }),
    of({ a: { type: ['string', 'null'] } }),
    ['/a type was string and is null or string'],
    ['! /a type was string and is null or string'],
  ],
  [
    'a type less',
    of({ a: { type: ['string', 'null'] } }),
    of({ a: word }),
    ['! /a type was null or string and is string'],
    ['/a type was null or string and is string'],
  ],
  [
    'number to integer',
    of({ a: { type: 'number' } }),
    of({ a: { type: 'integer' } }),
    ['! /a type was number and is integer'],
    ['/a type was number and is integer'],
  ],
  [
    'integer to number',
    of({ a: { type: 'integer' } }),
    of({ a: { type: 'number' } }),
    ['/a type was integer and is number'],
    ['! /a type was integer and is number'],
  ],
  [
    'a value less, a value more',
    of({ a: { enum: ['x', 'y'] } }),
    of({ a: { enum: ['y', 'z'] } }),
    ['! /a no longer allows "x"', '/a allows "z" now'],
    ['/a no longer allows "x"', '/a allows "z" now'],
  ],
  [
    'an enum where anything was',
    of({ a: word }),
    of({ a: { ...word, const: 'x' } }),
    ['! /a allows only "x" now'],
    ['/a allows only "x" now'],
  ],
  [
    'an enum lifted',
    of({ a: { enum: [1] } }),
    of({ a: {} }),
    ['/a allows any value now'],
    ['/a allows any value now'],
  ],
  [
    'shorter',
    of({ a: { ...word, maxLength: 10 } }),
    of({ a: { ...word, maxLength: 9 } }),
    ['! /a maxLength was 10 and is 9'],
    ['/a maxLength was 10 and is 9'],
  ],
  [
    'longer',
    of({ a: { ...word, maxLength: 10 } }),
    of({ a: { ...word, maxLength: 11 } }),
    ['/a maxLength was 10 and is 11'],
    ['/a maxLength was 10 and is 11'],
  ],
  [
    'another property in the place of a required one',
    of({ a: word, c: word }, { required: ['a', 'c'] }),
    of(
      { a: word, b: word, c: word },
      {
        required: ['c'],
        oneOf: [
          { required: ['a'], properties: { a: true } },
          { required: ['b'], properties: { b: true } },
        ],
      },
    ),
    [
      '/ oneOf is new: [{"properties":{"a":true},"required":["a"]},{"properties":{"b":true},"require…',
      '/a is no longer required',
      '/b is new',
    ],
    [
      '/ oneOf is new: [{"properties":{"a":true},"required":["a"]},{"properties":{"b":true},"require…',
      '/b is new',
    ],
  ],
  [
    'one of two that were allowed together',
    of({ a: word, b: word }, { required: ['a'] }),
    of({ a: word, b: word }, { oneOf: [{ required: ['a'] }, { required: ['b'] }] }),
    ['! / oneOf is new: [{"required":["a"]},{"required":["b"]}]', '/a is no longer required'],
    ['/ oneOf is new: [{"required":["a"]},{"required":["b"]}]'],
  ],
  [
    'one of two, of which none was required',
    of({ a: word }),
    of({ a: word, b: word }, { oneOf: [{ required: ['a'] }, { required: ['b'] }] }),
    ['! / oneOf is new: [{"required":["a"]},{"required":["b"]}]', '/b is new'],
    ['/ oneOf is new: [{"required":["a"]},{"required":["b"]}]', '/b is new'],
  ],
  [
    'one of two, with more to say of one',
    of({ a: word }, { required: ['a'] }),
    of(
      { a: word, b: word },
      { oneOf: [{ required: ['a'], properties: { a: { maxLength: 1 } } }, { required: ['b'] }] },
    ),
    [
      '! / oneOf is new: [{"properties":{"a":{"maxLength":1}},"required":["a"]},{"required":["b"]}]',
      '/a is no longer required',
      '/b is new',
    ],
    [
      '/ oneOf is new: [{"properties":{"a":{"maxLength":1}},"required":["a"]},{"required":["b"]}]',
      '/b is new',
    ],
  ],
  [
    'a lower bound raised',
    of({ a: { type: 'integer', minimum: 1 } }),
    of({ a: { type: 'integer', minimum: 2 } }),
    ['! /a minimum was 1 and is 2'],
    ['/a minimum was 1 and is 2'],
  ],
  [
    'a bound added',
    of({ a: word }),
    of({ a: { ...word, minLength: 1 } }),
    ['! /a minLength is new: 1'],
    ['/a minLength is new: 1'],
  ],
  [
    'a bound lifted',
    of({ a: { ...word, minLength: 1 } }),
    of({ a: word }),
    ['/a minLength is gone: 1'],
    ['/a minLength is gone: 1'],
  ],
  [
    'a format added',
    of({ a: word }),
    of({ a: { ...word, format: 'date' } }),
    ['! /a format is new: "date"'],
    ['/a format is new: "date"'],
  ],
  [
    'another format',
    of({ a: { ...word, format: 'date' } }),
    of({ a: { ...word, format: 'date-time' } }),
    ['! /a format was "date" and is "date-time"'],
    ['! /a format was "date" and is "date-time"'],
  ],
  [
    'another pattern',
    of({ a: { ...word, pattern: '^a' } }),
    of({ a: { ...word, pattern: '^b' } }),
    ['! /a pattern was "^a" and is "^b"'],
    ['/a pattern was "^a" and is "^b"'],
  ],
  ['closed', of({}, { additionalProperties: true }), of({}), ['! / takes no further properties now'], []],
  [
    'another condition',
    of({ a: word, b: word }, { anyOf: [{ required: ['a'] }, { required: ['b'] }] }),
    of({ a: word, b: word }, { anyOf: [{ required: ['a'] }] }),
    ['! / anyOf was [{"required":["a"]},{"required":["b"]}] and is [{"required":["a"]}]'],
    ['/ anyOf was [{"required":["a"]},{"required":["b"]}] and is [{"required":["a"]}]'],
  ],
  [
    'in a list',
    of({ a: { type: 'array', items: of({ 'b/c': word }) } }),
    of({ a: { type: 'array', items: of({}) } }),
    ['! /a/*/b~1c is removed'],
    ['! /a/*/b~1c is removed'],
  ],
];

for (const [name, before, after, request, answer] of cases) {
  t.test(name, (t) => {
    for (const [direction, expected] of [
      ['request', request],
      ['answer', answer],
    ] as [Direction, string[]][]) {
      const reported = compareSchemas(places(before), places(after), direction).map(
        ({ path, message, breaks }) => `${breaks ? '! ' : ''}${path || '/'} ${message}`,
      );
      t.same(reported, expected, direction);
    }
    t.end();
  });
}

t.test('references are followed, in conditions too; where a definition stands does not matter', (t) => {
  const address = of({ street: word });
  const before = places(of({ home: { $ref: 'address' } }, { not: { $ref: 'address' } }), { address });
  const after = places(
    of(
      { home: { allOf: [{ $ref: '#/$defs/place' }] } },
      { not: { $ref: '#/$defs/place' }, $defs: { place: address } },
    ),
  );
  t.same(compareSchemas(before, after, 'request'), []);
  const narrower = places(of({ home: { $ref: 'address' } }, { not: { $ref: 'address' } }), {
    address: of({ street: { ...word, maxLength: 3 } }),
  });
  t.same(
    compareSchemas(before, narrower, 'request').map(({ path, breaks }) => [path, breaks]),
    [
      ['', true],
      ['/home/street', true],
    ],
  );
  t.end();
});
