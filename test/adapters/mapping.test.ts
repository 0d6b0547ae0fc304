import t from 'tap';
import { UpstreamError } from '../../adapters/adapter.ts';
import {
  code,
  compactDate,
  flag,
  list,
  number,
  type Reader,
  record,
  slashDate,
  text,
  WHOLE,
  whole,
} from '../../adapters/mapping.ts';

interface Thing {
  name: string;
  kind?: 'a' | 'b';
  parts?: { size?: number }[];
  origin?: { place?: string };
}

const part = record<{ size?: number }>({ size: ['kichThuoc', number] });
const readThing = record<Thing>({
  name: ['ten', text],
  kind: ['loai', code({ 1: 'a', 2: 'b' })],
  parts: ['phan', list(part)],
  origin: [WHOLE, record<{ place?: string }>({ place: ['noi', text] })],
});

t.test('a record by its table', async (t) => {
  const source = { ten: ' x ', loai: '2', phan: [{ kichThuoc: '1.5' }, {}], noi: 'y', khac: 'ignored' };
  t.strictSame(readThing(source, 'vat'), {
    name: 'x',
    kind: 'b',
    parts: [{ size: 1.5 }],
    origin: { place: 'y' },
  });
});

t.test('what is missing, null or empty is left out', async (t) => {
  t.strictSame(readThing({ ten: 'x' }, 'vat'), { name: 'x' });
  t.strictSame(readThing({ ten: 'x', loai: '', phan: null, noi: ' ' }, 'vat'), { name: 'x' });
  t.strictSame(readThing({ ten: 'x', phan: [] }, 'vat'), { name: 'x', parts: [] });
});

t.test('what cannot be read is malformed; the error names the field, never the value', async (t) => {
  for (const [source, field] of [
    [{ ten: { secret: 1 } }, 'ten'],
    [{ ten: 'x', loai: 'secret' }, 'loai'],
    [{ ten: 'x', loai: 'constructor' }, 'loai'],
    [{ ten: 'x', phan: 'secret' }, 'phan'],
    [{ ten: 'x', phan: ['secret'] }, 'phan'],
    [{ ten: 'x', phan: [{ kichThuoc: 'secret' }] }, 'kichThuoc'],
    ['secret', 'vat'],
    [['secret'], 'vat'],
    [null, 'vat'],
  ] as const) {
    try {
      readThing(source, 'vat');
      t.fail('was read');
    } catch (error) {
      t.match(error, { name: 'UpstreamError', failure: 'malformed', cause: `field ${field}` });
      t.notMatch(JSON.stringify(error), 'secret');
    }
  }
});

const cases: readonly [name: string, Reader<unknown>, good: [unknown, unknown][], bad: unknown[]][] = [
  [
    'text',
    text,
    [
      ['007', '007'],
      [7, '7'],
      ['\n a b\t', 'a b'],
    ],
    [true, {}, [], Number.NaN],
  ],
  [
    'number',
    number,
    [
      ['0012.50', 12.5],
      [-3, -3],
      ['-3', -3],
    ],
    ['', ' ', '1e3', '0x10', '1,5', '1.', '.5', '1.2.3', 'Infinity', Number.NaN, true, {}, '1'.repeat(40)],
  ],
  [
    'whole',
    whole,
    [
      ['9007199254740991', 9007199254740991],
      [0, 0],
    ],
    ['9007199254740993', '1.5', 1.5, 2 ** 53, null],
  ],
  [
    'flag',
    flag,
    [
      [true, true],
      [false, false],
    ],
    ['true', 1, 0],
  ],
  ['slashDate', slashDate, [['31/12/1999', '1999-12-31']], ['1999-12-31', '1/1/1999', '31/12/99', {}]],
  ['compactDate', compactDate, [['19991231', '1999-12-31']], ['1999', '1999-12-31', {}]],
];

for (const [name, read, good, bad] of cases) {
  t.test(name, async (t) => {
    for (const [value, expected] of good) t.strictSame(read(value, 'x'), expected, JSON.stringify(value));
    for (const value of bad) t.throws(() => read(value, 'x'), UpstreamError, JSON.stringify(value));
  });
}
