/** What a contract's schema becomes in the document: one row a rule of `plain-schema.ts` and of `name-schemas.ts`. */
import t from 'tap';
import { nameSchemas } from '../../../../gateway/documents/schemas/name-schemas.ts';
import { plainSchema } from '../../../../gateway/documents/schemas/plain-schema.ts';
import { named } from '../../../../gateway/operation/named.ts';

type Schema = Parameters<typeof plainSchema>[0];

const address: Schema = { type: 'object', properties: { street: { type: 'string' } } };
const plain = (schema: Schema) => plainSchema(schema, (ref) => (ref === '#/Address' ? address : undefined));

const rules: readonly (readonly [string, Schema, Schema])[] = [
  ['a boolean', { properties: { a: true, b: false } }, { properties: { a: {}, b: { not: {} } } }],
  [
    'a boolean where only booleans are usual stays',
    { additionalProperties: false, items: true },
    { additionalProperties: false, items: true },
  ],
  ['texts', { enum: ['a', 'b'] }, { type: 'string', enum: ['a', 'b'] }],
  ['whole numbers', { enum: [200, 400] }, { type: 'integer', enum: [200, 400] }],
  [
    'a text, a number or null',
    { enum: ['a', 1.5, null] },
    { type: ['string', 'number', 'null'], enum: ['a', 1.5, null] },
  ],
  ['a constant', { const: true }, { type: 'boolean', const: true }],
  [
    'a value or null',
    { description: 'd', anyOf: [{ type: 'string', format: 'date' }, { type: 'null' }] },
    { description: 'd', type: ['string', 'null'], format: 'date' },
  ],
  [
    'one of some values, or null',
    { anyOf: [{ enum: ['a'] }, { type: 'null' }] },
    { type: ['string', 'null'], enum: ['a', null] },
  ],
  ['a size', { type: 'integer', maximum: 2 ** 31 }, { type: 'integer', maximum: 2 ** 31, format: 'int64' }],
  ['no size', { type: 'integer' }, { type: 'integer', format: 'int64' }],
  ['a small size', { type: 'integer', maximum: 100 }, { type: 'integer', maximum: 100 }],
  ['a fraction', { type: 'number' }, { type: 'number', format: 'double' }],
  ['null alone, outside of an object', { type: 'null' }, { type: 'null' }],
  [
    'null alone, of a property',
    { properties: { data: { type: 'null' } } },
    { properties: { data: { type: ['string', 'null'], not: { type: 'string' } } } },
  ],
  ['a title', { title: 'T', type: 'string' }, { type: 'string' }],
  [
    'annotations on what is referred to',
    { description: 'd', type: 'object', $ref: '#/Address', properties: { street: { 'x-scope': 's' } } },
    { description: 'd', $ref: '#/Address' },
  ],
  [
    'demands on what is referred to',
    { description: 'd', $ref: '#/Address', required: ['street'] },
    { description: 'd', allOf: [{ $ref: '#/Address' }, { required: ['street'] }] },
  ],
  [
    'another type than that of what is referred to',
    { type: 'object', $ref: '#/Unknown' },
    { allOf: [{ $ref: '#/Unknown' }, { type: 'object' }] },
  ],
  [
    'exactly one of two properties',
    {
      ...{ type: 'object', additionalProperties: false, required: ['c'] },
      properties: { a: { type: 'string' }, b: { type: 'string' }, c: { type: 'string' } },
      oneOf: [{ required: ['a'], properties: { a: true } }, { required: ['b'] }],
    },
    {
      oneOf: [
        {
          ...{ type: 'object', additionalProperties: false, required: ['c', 'a'] },
          properties: { a: { type: 'string' }, c: { type: 'string' } },
        },
        {
          ...{ type: 'object', additionalProperties: false, required: ['c', 'b'] },
          properties: { b: { type: 'string' }, c: { type: 'string' } },
        },
      ],
    },
  ],
  [
    'at least one of two properties',
    {
      ...{ type: 'object', additionalProperties: false },
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
    },
    {
      anyOf: ['a', 'b'].map((name) => ({
        ...{ type: 'object', additionalProperties: false, required: [name] },
        properties: { a: { type: 'string' }, b: { type: 'string' } },
      })),
    },
  ],
  [
    'alternatives that say more stay',
    {
      ...{ type: 'object', additionalProperties: false, properties: { a: { type: 'string' } } },
      oneOf: [{ required: ['a'], properties: { a: { const: 'x' } } }],
    },
    {
      ...{ type: 'object', additionalProperties: false, properties: { a: { type: 'string' } } },
      oneOf: [{ required: ['a'], properties: { a: { type: 'string', const: 'x' } } }],
    },
  ],
];

for (const [name, schema, expected] of rules) {
  t.test(name, async (t) => {
    t.same(JSON.parse(JSON.stringify(plain(schema))), expected);
  });
}

t.test('parts are called after their owners, choices after what they have', async (t) => {
  const whole = plain({
    properties: {
      place: { properties: { street: { type: 'string' } } },
      owners: { type: 'array', items: { properties: { name: { type: 'string' } } } },
      failing: { anyOf: [{ properties: { since: { type: 'string' } } }, { type: 'null' }] },
      by: {
        additionalProperties: false,
        properties: { a: {}, b: {} },
        oneOf: [{ required: ['a'] }, { required: ['b'] }],
      },
    },
  });
  const { components } = nameSchemas({ Parcel: whole }, '#/');
  t.same(Object.keys(components), [
    'ParcelPlace',
    'ParcelOwnersItem',
    'ParcelFailing',
    ...['ParcelByByA', 'ParcelByByB', 'ParcelBy', 'Parcel'],
  ]);
  t.same(components.Parcel?.properties, {
    place: { $ref: '#/ParcelPlace' },
    owners: { type: 'array', items: { $ref: '#/ParcelOwnersItem' } },
    failing: { anyOf: [{ $ref: '#/ParcelFailing' }, { type: 'null' }] },
    by: { $ref: '#/ParcelBy' },
  });
});

t.test('one name for what is equal, another for what is not', async (t) => {
  const { components, place } = nameSchemas({ Text: { type: 'string' } }, '#/');
  const text = named('Answer', { properties: { a: { type: 'string' } } });
  t.same(place(text, 'X'), { $ref: '#/Answer' });
  t.same(place(named('Answer', { properties: { a: { type: 'string' } } }), 'Y'), { $ref: '#/Answer' });
  t.same(place(named('Answer', { properties: { b: { type: 'string' } } }), 'Z'), { $ref: '#/Answer2' });
  t.same(place(named('Text', { properties: {} }), 'Z'), { $ref: '#/Text2' }, 'a contract comes first');
  t.same(place({ type: 'string' }, 'Z'), { type: 'string' });
  t.same(Object.keys(components), ['Text', 'Answer', 'Answer2', 'Text2']);
});
