/** A person whose number stands in a schema is in the evidence, or the schema is refused: nothing in between. */
import fc from 'fast-check';
import t from 'tap';
import { faultsOf } from '../../../gateway/catalog/check/fields.ts';
import { readFields } from '../../../gateway/catalog/fields/fields.ts';
import { compileProjection } from '../../../gateway/catalog/fields/projection.ts';
import { selectFields } from '../../../gateway/catalog/fields/selection.ts';
import { compileSubjects } from '../../../gateway/catalog/fields/subjects.ts';
import { loadCatalog } from '../../../gateway/catalog/live/load.ts';
import { formatFinding } from '../../../gateway/catalog/read/catalog-error.ts';
import { copyContracts, findingsIn } from '../../support/contracts.ts';

type Json = Record<string, unknown>;

const NUMBER = '001190000019';
const OTHER = '001060000024';
const CARD = '012345678';
const id = { type: 'string', format: 'personal-id', 'x-sensitivity': 'basic', 'x-subject': 'person' };
const { 'x-subject': _, ...unmarked } = id;
const name = { type: 'string', maxLength: 9, 'x-sensitivity': 'basic' };
const object = (properties: Json, more: Json = {}) => ({
  type: 'object',
  'x-sensitivity': 'basic',
  additionalProperties: false,
  ...more,
  properties,
});

/** A person's record that has one field more, and may say more of itself. */
const inPerson = (field: unknown, more: Json = {}) => ({
  'schemas/person.schema.json': (text: string) => {
    const schema = JSON.parse(text);
    Object.assign(schema, more);
    if (field) schema.properties.more = field;
    return JSON.stringify(schema, null, 2);
  },
});
const inSchema = (file: string, change: (schema: { properties: Record<string, Json> }) => void) => ({
  [`schemas/${file}`]: (text: string) => {
    const schema = JSON.parse(text);
    change(schema);
    return JSON.stringify(schema, null, 2);
  },
});

const MUST =
  /^schemas\/[\w.-]+:\d+: a field of format personal-id identifies a person: x-subject: person must stand/;
const lost = (where: string) =>
  new RegExp(
    `^schemas/person\\.schema\\.json:\\d+: a person's number cannot be followed .* ${where}: it must stand at`,
  );

t.test('a number that the evidence would miss is refused, where it stands', async (t) => {
  for (const [what, edits, expected] of [
    [
      'a request',
      inSchema(
        'person-lookup.request.schema.json',
        ({ properties }) => delete properties.personalId!['x-subject'],
      ),
      MUST,
    ],
    [
      'an answer, by reference',
      inSchema('relative.schema.json', ({ properties }) => delete properties.personalId!['x-subject']),
      MUST,
    ],
    [
      'a write',
      inSchema(
        'residence-register.request.schema.json',
        ({ properties }) => delete properties.personalId!['x-subject'],
      ),
      MUST,
    ],
    [
      'items of a write',
      inSchema('parcel-party.schema.json', ({ properties }) => delete properties.personalId!['x-subject']),
      MUST,
    ],
    ['an object', inPerson(object({ id: unmarked })), MUST],
    ['a list', inPerson({ type: 'array', 'x-sensitivity': 'basic', items: unmarked }), MUST],
    [
      'lists of lists',
      inPerson({ type: 'array', 'x-sensitivity': 'basic', items: { type: 'array', items: unmarked } }),
      MUST,
    ],
    ['allOf', inPerson({ 'x-sensitivity': 'basic', allOf: [unmarked] }), MUST],
    ['anyOf', inPerson({ 'x-sensitivity': 'basic', anyOf: [unmarked, { type: 'null' }] }), MUST],
    [
      'oneOf',
      inPerson({
        'x-sensitivity': 'basic',
        oneOf: [unmarked, { type: 'string', format: 'enterprise-code' }],
      }),
      MUST,
    ],
    [
      '$defs',
      inPerson({ $ref: '#/$defs/number', 'x-sensitivity': 'basic' }, { $defs: { number: unmarked } }),
      MUST,
    ],
    [
      'prefixItems',
      inPerson({
        type: 'array',
        'x-sensitivity': 'basic',
        minItems: 1,
        maxItems: 1,
        prefixItems: [id],
        items: false,
      }),
      lost('under prefixItems'),
    ],
    [
      'contains',
      inPerson({ type: 'array', 'x-sensitivity': 'basic', items: name, contains: id }),
      lost('under contains'),
    ],
    [
      'patternProperties',
      inPerson(object({}, { patternProperties: { '^k': object({ id }) } })),
      lost('under patternProperties'),
    ],
    [
      'additionalProperties',
      inPerson(object({ name }, { additionalProperties: id })),
      lost('under additionalProperties'),
    ],
    ['names of properties', inPerson(object({}, { propertyNames: id })), lost('under propertyNames')],
    ['x-leaf', inPerson(object({ id }, { 'x-leaf': true })), lost('below x-leaf')],
    [
      'a condition that declares it',
      inPerson(undefined, {
        if: { required: ['sex'], properties: { sex: true } },
        else: { properties: { spouseId: id } },
      }),
      lost('in a condition alone'),
    ],
    [
      'a number that is none',
      inPerson({ ...id, type: 'integer' }),
      /person\.schema\.json:\d+: format "personal-id" is one of texts: on type integer nothing/,
    ],
    [
      'a list that is marked',
      inPerson({ type: 'array', 'x-sensitivity': 'basic', 'x-subject': 'person', items: name }),
      /x-subject has an effect on a single value only/,
    ],
    [
      'an object that is marked',
      inPerson(object({ name }, { 'x-subject': 'person' })),
      /x-subject has an effect on a single value only/,
    ],
    [
      'a disagreement',
      inSchema('enterprise.schema.json', ({ properties }) => {
        properties.enterpriseCode!.format = 'enterprise-code';
      }),
      /^schemas\/enterprise\.schema\.json:\d+: x-subject: person disagrees with format enterprise-code/,
    ],
    [
      'a tax code without a mark',
      inSchema('enterprise.schema.json', ({ properties }) => {
        delete properties.enterpriseCode!['x-subject'];
      }),
      /^schemas\/enterprise\.schema\.json:\d+: a field of format tax-code identifies a person/,
    ],
    [
      'a misspelt mark',
      inSchema('relative.schema.json', ({ properties }) => {
        properties.personalId = { ...unmarked, 'x-subjct': 'person' };
      }),
      /relative\.schema\.json:\d+: unknown keyword "x-subjct": did you mean "x-subject"\?/,
    ],
    [
      'a list in a URL',
      inSchema('enterprise-lookup.request.schema.json', ({ properties }) => {
        properties.owners = { type: 'array', 'x-sensitivity': 'basic', items: id };
      }),
      /lookup\.v1\.yaml:\d+: "owners" identifies a person and must not stand in a URL/,
    ],
    [
      'an old number in a URL',
      inSchema('enterprise-lookup.request.schema.json', ({ properties }) => {
        properties.card = { ...name, format: 'identity-card' };
      }),
      /"card" identifies a person and must not stand in a URL/,
    ],
  ] as const) {
    const found = (await findingsIn(await copyContracts(t, edits))).map(formatFinding);
    t.ok(found[0] && expected.test(found[0]), `${what}: ${found.join('; ')}`);
  }
});

t.test('the same places, marked and traceable, are taken', async (t) => {
  for (const field of [
    object({ id }),
    { type: 'array', 'x-sensitivity': 'basic', items: id },
    { 'x-sensitivity': 'basic', oneOf: [id, { type: 'string', format: 'enterprise-code' }] },
    { ...name, format: 'identity-card' },
    { type: 'string', 'x-sensitivity': 'basic', 'x-subject': 'person', pattern: '^[A-Z][0-9]{7}$' },
  ])
    t.same(await findingsIn(await copyContracts(t, inPerson(field))), [], JSON.stringify(field));
});

t.test('persons of a catalogue’s services, by number and by old card', async (t) => {
  const catalog = await loadCatalog(await copyContracts(t));
  const grant = catalog.grants.get('H26.motcua')!.get('population.person.lookup@1')![0]!;
  t.same(grant.subjectsOfRequest({ personalId: NUMBER }), [NUMBER]);
  const entity = catalog.streams.get('population.changes.read')!.entities.get('person')!;
  const state = { personalId: NUMBER, father: { identityCardNumber: CARD }, spouse: { personalId: OTHER } };
  t.same(entity.subjectsOf(state).sort(), [NUMBER, CARD, OTHER].sort());
});

const subjects = (schema: object, value: unknown, granted?: string[]) => {
  const schemas = new Map<string, object>([['s.schema.json', schema]]);
  const root = readFields('s.schema.json', schemas);
  const selection = granted && selectFields(root, granted, 0);
  if (selection && 'errors' in selection) throw new Error(JSON.stringify(selection.errors));
  return compileSubjects(root, selection)(value);
};

t.test('a number counts by its format, also where the mark was forgotten', async (t) => {
  t.same(subjects(object({ id: unmarked }), { id: NUMBER }), [NUMBER]);
  t.same(subjects(unmarked, NUMBER), [NUMBER], 'an answer that is a number');
  const either = object({
    id: { 'x-sensitivity': 'basic', oneOf: [id, { type: 'string', format: 'enterprise-code' }] },
  });
  t.same(subjects(either, { id: NUMBER }), [NUMBER]);
  t.same(subjects(either, { id: '0109000015' }), [], 'an enterprise is nobody');
  const taxCode = object({ id: { ...unmarked, format: 'tax-code', 'x-subject': 'person' } });
  t.same(subjects(taxCode, { id: NUMBER }), [NUMBER], 'the tax code of a household business');
  for (const code of ['0109000015', '0109000015-001', 'x'])
    t.same(subjects(taxCode, { id: code }), [], `${code} is nobody’s`);
  const condition = object({ id: name }, { if: { properties: { id: unmarked } } });
  t.same(subjects(condition, { id: NUMBER }), [NUMBER], 'a number that a condition knows');
  t.same(subjects(condition, { id: 'x' }), []);
});

t.test('one holder or a list of them: both are in the evidence', (t) => {
  const holder = object({ id, name });
  const either = object({ holder: { oneOf: [holder, { type: 'array', items: holder }] } });
  const held = { id: NUMBER, name: 'A' };
  for (const granted of [undefined, ['/holder/name', '/holder/*/name']]) {
    t.same(subjects(either, { holder: held }, granted), [NUMBER]);
    t.same(subjects(either, { holder: [held, { id: OTHER, name: 'B' }] }, granted), [NUMBER, OTHER]);
  }
  t.end();
});

t.test('a disclosed name concerns the person whose number stands in an object of its own', async (t) => {
  const owner = object({ identity: object({ id, card: { ...name, format: 'identity-card' } }), name });
  t.same(subjects(owner, { identity: { id: NUMBER }, name: 'A' }, ['/name']), [NUMBER]);
  const parcel = object({ area: { type: 'number', 'x-sensitivity': 'public' }, owner });
  t.same(subjects(parcel, { area: 1, owner: { identity: { id: NUMBER }, name: 'A' } }, ['/area']), []);
});

t.test('an open object discloses what is declared and granted, and nothing that came along', async (t) => {
  const schemas = new Map<string, object>([
    ['s.schema.json', object({ name }, { additionalProperties: true })],
  ]);
  const root = readFields('s.schema.json', schemas);
  const selection = selectFields(root, [''], 0);
  if ('errors' in selection) throw new Error('no selection');
  t.same(compileProjection(root, selection)!({ name: 'A', neighbour: NUMBER }), { name: 'A' });
});

/** A schema with numbers of persons anywhere, and a value of it: a number of its own at each place. */
interface Sample {
  readonly schema: Json;
  readonly value: unknown;
  readonly numbers: readonly string[];
}
let serial = 0;
const fresh = () => `0011900${String(serial++ % 100_000).padStart(5, '0')}`;
const { sample } = fc.letrec<{ sample: Sample }>((tie) => {
  const inner = tie('sample');
  const wrap = (change: (one: Sample) => { schema: Json; value: unknown }) =>
    inner.map((one) => ({ ...change(one), numbers: one.numbers }));
  return {
    sample: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(id, unmarked, { ...id, 'x-subject': undefined }).map((schema): Sample => {
        const number = fresh();
        return { schema: JSON.parse(JSON.stringify(schema)), value: number, numbers: [number] };
      }),
      fc.constant({ schema: name, value: 'A', numbers: [] }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c/d~e'), inner, { minKeys: 1 }).map((parts) => {
        const entries = Object.entries(parts);
        return {
          schema: object(Object.fromEntries(entries.map(([key, part]) => [key, part.schema]))),
          value: Object.fromEntries(entries.map(([key, part]) => [key, part.value])),
          numbers: entries.flatMap(([, part]) => part.numbers),
        };
      }),
      wrap(({ schema, value }) => ({
        schema: { type: 'array', 'x-sensitivity': 'basic', items: schema },
        value: [value],
      })),
      wrap(({ schema, value }) => ({
        schema: { type: 'array', 'x-sensitivity': 'basic', prefixItems: [schema] },
        value: [value],
      })),
      wrap(({ schema, value }) => ({
        schema: { type: 'array', 'x-sensitivity': 'basic', contains: schema },
        value: [value],
      })),
      wrap(({ schema, value }) => ({
        schema: object({}, { patternProperties: { '^p': schema } }),
        value: { p: value },
      })),
      wrap(({ schema, value }) => ({
        schema: object({}, { additionalProperties: schema }),
        value: { other: value },
      })),
      wrap(({ schema, value }) => ({ schema: { 'x-sensitivity': 'basic', allOf: [schema] }, value })),
      wrap(({ schema, value }) => ({
        schema: { 'x-sensitivity': 'basic', oneOf: [schema, { type: 'null' }] },
        value,
      })),
      wrap(({ schema, value }) => ({
        schema: { 'x-sensitivity': 'basic', if: { type: 'null' }, else: schema },
        value,
      })),
      wrap(({ schema, value }) => ({
        schema: object({ in: schema }, { 'x-leaf': true }),
        value: { in: value },
      })),
    ),
  };
});

t.test('wherever a number stands: in the evidence, or refused', async (t) => {
  let [taken, refused] = [0, 0];
  fc.assert(
    fc.property(sample, ({ schema, value, numbers }) => {
      const schemas = new Map<string, object>([['s.schema.json', { 'x-sensitivity': 'basic', ...schema }]]);
      const root = readFields('s.schema.json', schemas);
      if (faultsOf(root, 's.schema.json', 'response', schemas).length > 0) refused++;
      else {
        if (numbers.length > 0) taken++;
        const found = compileSubjects(root)(value);
        for (const number of numbers) if (!found.includes(number)) return false;
      }
      return true;
    }),
    { numRuns: 2000 },
  );
  t.ok(taken > 50 && refused > 50, `both happen: ${taken} taken, ${refused} refused`);
});
