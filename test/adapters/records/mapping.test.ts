import t from 'tap';
import { UpstreamError } from '../../../adapters/adapter.ts';
import {
  code,
  compactDate,
  dong,
  flag,
  list,
  moment,
  number,
  paddedDate,
  percent,
  type Reader,
  record,
  slashDate,
  sortKey,
  text,
  texts,
  WHOLE,
  whole,
} from '../../../adapters/records/mapping.ts';

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
  const source = { ten: ' x ', loai: '2', phan: [{ kichThuoc: '1.5' }], noi: 'y', khac: 'ignored' };
  t.strictSame(readThing(source, 'vat'), {
    name: 'x',
    kind: 'b',
    parts: [{ size: 1.5 }],
    origin: { place: 'y' },
  });
});

t.test('a missing, null or empty field is left out', async (t) => {
  t.strictSame(readThing({ ten: 'x' }, 'vat'), { name: 'x' });
  t.strictSame(readThing({ ten: 'x', loai: '', phan: null, noi: ' ' }, 'vat'), { name: 'x' });
  t.strictSame(readThing({ ten: 'x', phan: [] }, 'vat'), { name: 'x', parts: [] });
  for (const phan of [[{}], [{}, {}], [{ kichThuoc: null }]])
    t.strictSame(readThing({ ten: 'x', phan }, 'vat'), { name: 'x' }, 'not known, which is not none');
  for (const blank of [' ', '\n      ', '\t', '\u00a0', '\ufeff', '\u3000']) {
    t.strictSame(readThing({ ten: 'x', loai: blank, phan: blank, noi: blank }, 'vat'), { name: 'x' });
    t.strictSame(
      readThing({ ten: 'x', phan: [{ kichThuoc: blank }] }, 'vat'),
      { name: 'x' },
      'items that say nothing, and no others',
    );
    t.throws(
      () => readThing({ ten: 'x', phan: [{ kichThuoc: '1.5' }, { kichThuoc: blank }] }, 'vat'),
      /malformed/,
      'an item that says nothing beside one that does',
    );
  }
});

t.test('an unreadable field is malformed; the error names the field, never the value', async (t) => {
  for (const [source, field] of [
    [{ ten: { secret: 1 } }, 'ten'],
    [{ ten: 'x', loai: 'secret' }, 'loai'],
    [{ ten: 'x', loai: 'constructor' }, 'loai'],
    [{ ten: 'x', phan: 'secret' }, 'phan'],
    [{ ten: 'x', phan: ['secret'] }, 'phan'],
    [{ ten: 'x', phan: [{ kichThuoc: 'secret' }] }, 'kichThuoc'],
    [{ ten: 'x', phan: [{ kichThuoc: '1.5' }, {}] }, 'phan'],
    [{ ten: 'x', phan: [{ khac: '1.5' }] }, 'phan'],
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
    [
      true,
      {},
      [],
      Number.NaN,
      1.5,
      2 ** 53,
      1e21,
      'a\0',
      '\ud800',
      'a\udc00b',
      '\ufffe',
      '\ufdd0',
      '\u{1ffff}',
    ],
  ],
  [
    'texts',
    texts,
    [
      ['a', ['a']],
      [
        [' a ', ' ', 'b'],
        ['a', 'b'],
      ],
      [' ', []],
    ],
    [['a', {}], ['a\0'], null],
  ],
  [
    'sortKey',
    sortKey,
    [
      ['a\0 ', 'a\0'],
      ['\ufffe', '\ufffe'],
      [7, '7'],
    ],
    ['\ud800', {}, 1.5],
  ],
  [
    'number',
    number,
    [
      ['0012.50', 12.5],
      [-3, -3],
      ['-3', -3],
      ['  007 ', 7],
      ['1,5', 1.5],
      ['1.234,5', 1234.5],
      ['1 234,5', 1234.5],
      [1.5, 1.5],
    ],
    [
      '150.000',
      '1.500',
      '150,000',
      '',
      ' ',
      '1e3',
      '0x10',
      '1.',
      '.5',
      '1.2.3',
      'Infinity',
      Number.NaN,
      true,
      {},
      '1'.repeat(40),
    ],
  ],
  [
    'whole',
    whole,
    [
      ['9007199254740991', 9007199254740991],
      [0, 0],
    ],
    ['9007199254740993', '1.5', 1.5, 2 ** 53, null, '1.500', '150.000', '150,000'],
  ],
  [
    'dong',
    dong,
    [
      ['150.000.000', 150_000_000],
      ['150.000', 150_000],
      ['1.500', 1500],
      ['1,700,000,000', 1_700_000_000],
      ['1700000000.00', 1_700_000_000],
      ['  007 ', 7],
      [1.7e9, 1_700_000_000],
      ['0', 0],
      ['1 500 000 000', 1_500_000_000],
      ['1\u00a0500\u00a0000', 1_500_000],
      ['1\u202f500', 1500],
      ['12 đồng', 12],
      ['1.500.000.000 đồng', 1_500_000_000],
      ['1.500.000.000 đồng'.normalize('NFD'), 1_500_000_000],
      ['1 500 000 ĐỒNG', 1_500_000],
      ['150.000đ', 150_000],
      ['150.000 ₫', 150_000],
      ['1500000\u00a0VNĐ ', 1_500_000],
      ['1500000 VNÐ', 1_500_000],
      ['1,500,000 vnd', 1_500_000],
    ],
    [
      '150,000',
      '150,000 VND',
      '1,5 tỷ đồng',
      '1,5 đồng',
      '1500 USD',
      '150 đồng đồng',
      'đồng',
      'VND 1500',
      '1 50',
      '1 500 00',
      '1 500\u00a0000',
      '1 500.000',
      '1\u00a0500,000 đồng',
      '1,5',
      '1.5',
      '1.50',
      '150.000,5',
      '1.7E9',
      '9.007.199.254.740.993',
      1.5,
      true,
      '',
    ],
  ],
  [
    'percent',
    percent,
    [
      ['33.333', 33.333],
      ['33,333', 33.333],
      ['100', 100],
      ['100.000', 100],
      ['0.5', 0.5],
      [39.5, 39.5],
      ['50%', 50],
      [' 33,333 % ', 33.333],
    ],
    ['33.333.333,3.3', '', '%', '50%%', '%50', '50 %1', '1.500.000%', true],
  ],
  [
    'flag',
    flag,
    [
      [true, true],
      [false, false],
      ...['true', 'True', ' TRUE ', '1', 1, 'Y', 'y'].map((yes): [unknown, unknown] => [yes, true]),
      ...['false', 'False', 'FALSE', '0', 0, 'N', 'n\n'].map((no): [unknown, unknown] => [no, false]),
    ],
    [2, -1, '2', '01', 'X', 'yes', 'có', '', {}, [true], null],
  ],
  [
    'slashDate',
    slashDate,
    [
      ['31/12/1999', '1999-12-31'],
      [' 29/02/2024\n', '2024-02-29'],
      ['1/2/2020', '2020-02-01'],
      ['1/12/2020', '2020-12-01'],
      ['31/1/2020', '2020-01-31'],
      ['01/2/2020', '2020-02-01'],
    ],
    [
      '1999-12-31',
      '31/12/99',
      '1/1/99',
      '31/2/2020',
      '1/13/2020',
      '001/1/2020',
      '1/1/2020/',
      '1//2020',
      '/1/2020',
      '1/2020',
      '31/02/2010',
      '00/01/2010',
      '12/13/2010',
      'aa/bb/cccc',
      {},
    ],
  ],
  [
    'paddedDate',
    paddedDate,
    [[' 01/02/2020\n', '2020-02-01']],
    ['1/2/2020', '01/2/2020', '31/02/2010', '2020-02-01', {}],
  ],
  [
    'compactDate',
    compactDate,
    [['19991231', '1999-12-31']],
    ['1999', '1999-12-31', '19990231', '19900000', 'yyyyMMdd', {}],
  ],
  [
    'moment',
    moment,
    [
      ['2026-11-02T09:15:00+07:00', '2026-11-02T09:15:00+07:00'],
      [' 2026-11-02 09:15:00+07 ', '2026-11-02T09:15:00+07:00'],
    ],
    ['2026-11-02T09:15:00', '2026-02-31T09:15:00Z', '2016-12-31T23:59:60Z', 'x', 1_700_000_000_000, {}],
  ],
];

t.test('a code with a padded zero, where the table has no other meaning for it', async (t) => {
  const few = code({ 0: 'none', 1: 'a', 12: 'b' });
  for (const [written, meaning] of [
    ['01', 'a'],
    ['00', 'none'],
    ['012', 'b'],
    [' 01 ', 'a'],
    [1, 'a'],
  ] as const)
    t.equal(few(written, 'x'), meaning, JSON.stringify(written));
  const padded = code({ 1: 'a', '01': 'b', A: 'c' });
  t.equal(padded('01', 'x'), 'b');
  t.equal(padded('1', 'x'), 'a');
  for (const written of ['001', '0A', '10', '0', '02'])
    t.throws(() => code({ 1: 'a', A: 'c' })(written, 'x'), UpstreamError, written);
  t.throws(() => code({ '01': 'a' })('1', 'x'), UpstreamError, 'a zero that was lost');
});

t.test('an empty object is as good as an empty text, as XML converted to JSON writes it', async (t) => {
  t.strictSame(readThing({ ten: 'x', loai: {}, phan: {}, noi: {} }, 'vat'), { name: 'x' });
  t.strictSame(readThing({ ten: 'x', phan: [{ kichThuoc: {} }] }, 'vat'), { name: 'x' });
  t.strictSame(readThing({ ten: {} }, 'vat'), {});
  t.throws(() => readThing({ ten: 'x', loai: { ma: {} } }, 'vat'), UpstreamError);
  t.throws(() => readThing({ ten: 'x', loai: [] }, 'vat'), UpstreamError);
});

for (const [name, read, good, bad] of cases) {
  t.test(name, async (t) => {
    for (const [value, expected] of good) t.strictSame(read(value, 'x'), expected, JSON.stringify(value));
    for (const value of bad) t.throws(() => read(value, 'x'), UpstreamError, JSON.stringify(value));
  });
}
