import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { addFormats } from '../../gateway/catalog/vocabulary/vocabulary.ts';
import { readSchemas } from '../../schemas/read.ts';

const ajv = new Ajv2020({ strict: true, useDefaults: true });
addFormats(ajv);
for (const schema of readSchemas().values()) ajv.addSchema(schema);

const change = {
  entity: 'enterprise',
  subject: '0100109106',
  version: 1,
  operation: 'updated',
  occurredAt: '2026-01-02T03:04:05+07:00',
  changedFields: ['/status'],
  data: {},
};
const ring = [
  [105, 21],
  [106, 21],
  [106, 22],
  [105, 21],
];
const boundary = {
  type: 'Feature',
  geometry: { type: 'Polygon', coordinates: [ring] },
  properties: { provinceCode: '01', communeCode: '00004', mapSheet: '1', parcelNumber: '2' },
};
const person = { personalId: '001190000019', fullName: { givenName: 'Hà' } };

const cases: Readonly<Record<string, { good: readonly unknown[]; bad: readonly unknown[] }>> = {
  'person-lookup.request': {
    good: [
      { personalId: '001190000019' },
      { personalId: '001190000019', fullName: 'A', birthDate: '1990' },
      { identityCardNumber: '012345678', fullName: 'A' },
    ],
    bad: [
      {},
      { personalId: '001190000019', identityCardNumber: '012345678' },
      { personalId: '001190000019', sex: 'female' },
      { personalId: 1190000019 },
      { fullName: 'A' },
    ],
  },
  'person-verify.request': {
    good: [
      { personalId: '001190000019', fullName: 'A', birthDate: '1990-05-17' },
      { identityCardNumber: '012345678', fullName: 'A', birthDate: '1990-05-17' },
    ],
    bad: [
      { fullName: 'A', birthDate: '1990-05-17' },
      { personalId: '001190000019', fullName: 'A' },
      { personalId: '001190000019', birthDate: '1990' },
    ],
  },
  person: {
    good: [person, { ...person, sex: 'female', birthDate: '1990' }],
    bad: [
      { ...person, fullName: {} },
      { ...person, sex: 'male' },
      { ...person, birthDate: '1991' },
      { ...person, permanentResidence: { provinceCode: '03' } },
      { ...person, permanentResidence: { street: 'x' } },
      { ...person, father: { personalId: '1' } },
      { ...person, password: 'x' },
    ],
  },
  'enterprise-search.request': {
    good: [{ name: 'ab' }, { provinceCode: '01' }, { name: 'ab', provinceCode: '01', pageSize: 100 }],
    bad: [
      {},
      { pageSize: 10 },
      { name: 'a' },
      { provinceCode: '02' },
      { name: 'ab', pageSize: 0 },
      { name: 'ab', pageSize: 101 },
      { name: 'ab', pageToken: '' },
      { name: 'ab', pageToken: 'a b' },
    ],
  },
  'parcel-find-by-owner.request': {
    good: [{ personalId: '001190000019' }, { enterpriseCode: '0100109106' }],
    bad: [{}, { personalId: '001190000019', enterpriseCode: '0100109106' }, { pageSize: 1 }],
  },
  'parcel-lookup.request': {
    good: [{ communeCode: '00004', mapSheet: 'DC-12', parcelNumber: '105' }],
    bad: [
      { communeCode: '00004', mapSheet: '12' },
      { communeCode: '00004', mapSheet: '..', parcelNumber: '1' },
      { communeCode: '00004', mapSheet: '1/2', parcelNumber: '1' },
    ],
  },
  'parcel-boundary': {
    good: [boundary],
    bad: [
      { ...boundary, bbox: [] },
      { ...boundary, geometry: { type: 'Polygon', coordinates: [ring.slice(1)] } },
      { ...boundary, geometry: { type: 'Polygon', coordinates: [[...ring, [1, 2, 3]]] } },
      { ...boundary, geometry: { type: 'Point', coordinates: [1, 2] } },
    ],
  },
  'changes-publish.request': {
    good: [
      { changes: [change] },
      { changes: [{ ...change, operation: 'deleted', data: null }] },
      { changes: [{ ...change, operation: 'deleted', data: undefined }] },
      { changes: Array.from({ length: 1000 }, () => change) },
    ],
    bad: [
      { changes: [] },
      { changes: Array.from({ length: 1001 }, () => change) },
      { changes: [{ ...change, data: undefined }] },
      { changes: [{ ...change, data: null }] },
      { changes: [{ ...change, operation: 'deleted' }] },
      { changes: [{ ...change, operation: 'merged' }] },
      { changes: [{ ...change, version: 0 }] },
      { changes: [{ ...change, version: 1.5 }] },
      { changes: [{ ...change, occurredAt: '2026-01-02' }] },
      { changes: [{ ...change, changedFields: ['status'] }] },
      { changes: [{ ...change, by: 'x' }] },
    ],
  },
};

for (const [name, { good, bad }] of Object.entries(cases)) {
  t.test(name, async (t) => {
    const validate = ajv.getSchema(`${name}.schema.json`)!;
    for (const value of good) {
      t.ok(validate(JSON.parse(JSON.stringify(value))), summary(value), { errors: validate.errors });
    }
    for (const value of bad) t.notOk(validate(JSON.parse(JSON.stringify(value))), summary(value));
  });
}

t.test('a page has 20 records unless asked otherwise', async (t) => {
  const request = { name: 'ab' };
  ajv.getSchema('enterprise-search.request.schema.json')!(request);
  t.strictSame(request, { name: 'ab', pageSize: 20 });
});

function summary(value: unknown): string {
  return JSON.stringify(value).slice(0, 120);
}
