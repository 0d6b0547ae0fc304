import t from 'tap';
import { leavesOf, readFields } from '../../../../gateway/catalog/fields/fields.ts';
import { compileProjection } from '../../../../gateway/catalog/fields/projection.ts';
import { selectFields } from '../../../../gateway/catalog/fields/selection.ts';
import { compileSubjects } from '../../../../gateway/catalog/fields/subjects.ts';
import { compileScope } from '../../../../gateway/catalog/grant/scope.ts';

const person = {
  $id: 'person.schema.json',
  type: 'object',
  properties: {
    id: { type: 'string', 'x-sensitivity': 'basic', 'x-subject': 'person' },
    name: {
      type: 'object',
      'x-sensitivity': 'basic',
      properties: { family: { type: 'string' }, given: { type: 'string' } },
    },
    home: { $ref: 'address.schema.json', 'x-sensitivity': 'basic' },
    children: {
      type: 'array',
      'x-sensitivity': 'basic',
      items: {
        type: 'object',
        properties: { id: { type: 'string', 'x-subject': 'person' }, 'a/b~c': { type: 'string' } },
      },
    },
    tags: { type: 'array', 'x-sensitivity': 'public', items: { type: 'string' } },
    shape: { type: 'object', 'x-leaf': true, 'x-sensitivity': 'public', properties: { x: {} } },
  },
};
const address = {
  $id: 'address.schema.json',
  type: 'object',
  properties: {
    province: { type: 'string', 'x-sensitivity': 'public', 'x-scope': 'provinceCode' },
    street: { type: 'string', 'x-sensitivity': 'public' },
  },
};
const schemas = new Map<string, object>([
  ['person.schema.json', person],
  ['address.schema.json', address],
  ['list.schema.json', { type: 'array', items: { $ref: 'person.schema.json' } }],
  [
    'circle.schema.json',
    { type: 'object', 'x-sensitivity': 'public', properties: { next: { $ref: 'circle.schema.json' } } },
  ],
]);
const root = readFields('person.schema.json', schemas);
const record = {
  id: '1',
  name: { family: 'Nguyễn', given: 'An' },
  home: { province: '01', street: 'x' },
  children: [{ id: '2', 'a/b~c': 'y' }, { id: '3' }],
  tags: ['p'],
  shape: { x: 1, y: 2 },
};

const select = (...paths: string[]) => {
  const selection = selectFields(root, paths, 0);
  if ('errors' in selection) throw new Error(JSON.stringify(selection));
  return selection;
};
const project = (paths: string[], value: unknown = record) =>
  compileProjection(root, select(...paths))!(value);

t.test('leaves', async (t) => {
  t.same(
    leavesOf(root).map(({ path, sensitivity }) => [path, sensitivity]),
    [
      ['/id', 'basic'],
      ['/name/family', 'basic'],
      ['/name/given', 'basic'],
      ['/home/province', 'basic'],
      ['/home/street', 'basic'],
      ['/children/*/id', 'basic'],
      ['/children/*/a~1b~0c', 'basic'],
      ['/tags/*', 'public'],
      ['/shape', 'public'],
    ],
  );
  t.throws(() => readFields('circle.schema.json', schemas), {
    name: 'FieldError',
    message: /refers to itself/,
  });
  t.throws(() => readFields('ghost.schema.json', schemas), { name: 'FieldError' });
});

t.test('projection keeps what is granted and nothing else', async (t) => {
  t.same(project(['/name/given']), { name: { given: 'An' } });
  t.same(project(['/name']), { name: record.name });
  t.same(project(['/children/*/a~1b~0c']), { children: [{ 'a/b~c': 'y' }, {}] });
  t.same(project(['/tags', '/shape']), { tags: ['p'], shape: { x: 1, y: 2 } });
  t.same(project(['']), record);
  t.same(project(['/name/given'], { name: null }), { name: undefined });
  t.same(
    project(['/children'], { children: 'not a list' }),
    { children: 'not a list' },
    'a whole leaf passes: the answer was validated before',
  );
  const before = structuredClone(record);
  project(['/name/given']);
  t.same(record, before, 'the record is not changed');
});

t.test('an object or a list of them: each form is held to what is granted of it', async (t) => {
  const basic = { type: 'string', 'x-sensitivity': 'basic' };
  const holder = { type: 'object', properties: { name: basic, debts: basic } };
  const either = { oneOf: [holder, { type: 'array', items: holder }] };
  const document = { type: 'object', additionalProperties: false, properties: { holder: either } };
  const root = readFields('s.schema.json', new Map([['s.schema.json', document]]));
  const one = { name: 'A', debts: 'x', neighbour: 'B' };
  for (const [granted, object, list] of [
    [[''], { name: 'A', debts: 'x' }, [{ name: 'A', debts: 'x' }]],
    [['/holder/name', '/holder/*/name'], { name: 'A' }, [{ name: 'A' }]],
    [['/holder/name'], { name: 'A' }, undefined],
    [['/holder/*/name'], undefined, [{ name: 'A' }]],
  ] as const) {
    const selection = selectFields(root, granted, 0);
    if ('errors' in selection) throw new Error(JSON.stringify(selection));
    const project = compileProjection(root, selection)!;
    t.same(project({ holder: one }), { holder: object }, `${granted}, an object`);
    t.same(project({ holder: [one] }), { holder: list }, `${granted}, a list`);
  }
});

t.test('a value or an object: the parts could not be granted apart from the whole', async (t) => {
  const text = { type: 'string', format: 'date', 'x-sensitivity': 'basic' };
  const parts = { type: 'object', properties: { name: text } };
  const read = (f: object) =>
    readFields('s.schema.json', new Map([['s.schema.json', { type: 'object', properties: { f } }]]));
  const message = /field "\/f" may be one value, or an object or a list/;
  for (const f of [
    { oneOf: [text, parts] },
    { oneOf: [parts, text] },
    { oneOf: [{ type: 'array', items: text }, text] },
    { ...parts, type: ['object', 'string'] },
    { oneOf: [{ const: 'none', format: 'x', 'x-sensitivity': 'basic' }, parts] },
    { oneOf: [parts, { type: 'string', 'x-sensitivity': 'sensitive' }] },
    { anyOf: [{ const: 0 }, parts] },
    { anyOf: [true, parts, { enum: [null, 'none'] }] },
  ])
    t.throws(() => read(f), { name: 'FieldError', message });
  t.same(
    leavesOf(read({ oneOf: [text, parts], 'x-leaf': true, 'x-sensitivity': 'basic' })).map(
      ({ path }) => path,
    ),
    ['/f'],
  );
  for (const f of [
    { ...parts, type: ['object', 'null'] },
    { oneOf: [parts, { type: 'null' }] },
    { anyOf: [true, parts] },
  ])
    t.equal(leavesOf(read(f)).length, 1);
});

t.test('a path that does not resolve', async (t) => {
  t.match(selectFields(root, ['/name', '/nothing', '/children/id'], 0), {
    errors: [{ index: 1 }, { index: 2 }],
  });
});

t.test('persons concerned', async (t) => {
  const all = compileSubjects(root);
  t.same(all(record), ['1', '2', '3']);
  const named = compileSubjects(root, select('/name/given'));
  t.same(
    named(record),
    ['1'],
    'a disclosed name concerns the person whose number is withheld; the children are not touched',
  );
  const list = readFields('list.schema.json', schemas);
  t.same(compileSubjects(list)([record, { id: '9' }]), ['1', '2', '3', '9']);
  t.same(all({ id: 5, children: {} }), [], 'what is no text is no number');
});

t.test('scope', async (t) => {
  const compile = (node: typeof root, values: Record<string, string[]>) => compileScope(node, values, values);
  const compiled = compile(root, { provinceCode: ['01', '79'] });
  if (!('scope' in compiled)) throw new Error('no scope');
  t.equal(compiled.scope.restrict(record), record);
  t.equal(compiled.scope.restrict({ ...record, home: { province: '48' } }), undefined);
  t.equal(
    compiled.scope.restrict({ ...record, home: undefined }),
    undefined,
    'a record without the value is outside',
  );
  t.same(compile(root, { planet: ['3'] }), { unknown: ['planet'] });
  const list = compile(readFields('list.schema.json', schemas), { provinceCode: ['01'] });
  if (!('scope' in list)) throw new Error('no scope');
  t.same(list.scope.restrict([record, { home: { province: '48' } }]), [record]);
});
