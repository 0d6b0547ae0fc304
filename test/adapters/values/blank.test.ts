import t from 'tap';
import { isBlank, isHollow, saysNothing } from '../../../adapters/values/blank.ts';

const blank = ['', ' ', '\n\t', '\u00a0', '\ufeff', {}, Object.create(null)];
const nothing = [
  undefined,
  null,
  [],
  [{}],
  [{}, { a: null }],
  { a: null, b: { c: ' ' } },
  { a: [{ b: [] }] },
];
const something = [
  'x',
  ' x',
  0,
  false,
  [null],
  [''],
  [[]],
  ['x'],
  [{}, 0],
  [{ a: 0 }],
  { a: 'x' },
  { a: [0] },
];

t.test('blank: a text of spaces, an object without a member', async (t) => {
  for (const value of blank) t.ok(isBlank(value), JSON.stringify(value));
  for (const value of [...nothing, ...something]) t.notOk(isBlank(value), JSON.stringify(value));
});

t.test('values that say nothing, under any name', async (t) => {
  for (const value of [...blank, ...nothing]) t.ok(saysNothing(value), JSON.stringify(value));
  for (const value of something) t.notOk(saysNothing(value), JSON.stringify(value));
});

t.test('hollow: an object that says nothing', async (t) => {
  for (const value of [{}, { a: null, b: [{}] }]) t.ok(isHollow(value), JSON.stringify(value));
  for (const value of ['', null, undefined, [], [{}], ...something])
    t.notOk(isHollow(value), JSON.stringify(value));
});
