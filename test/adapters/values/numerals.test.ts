import fc from 'fast-check';
import t from 'tap';
import { readNumeral } from '../../../adapters/values/numerals.ts';

t.test('a numeral with one reading is read', async (t) => {
  const numerals: [text: string, value: number][] = [
    ['0', 0],
    ['007', 7],
    ['  007 ', 7],
    ['\u00a012\n', 12],
    ['-3', -3],
    ['0012.50', 12.5],
    ['1.5', 1.5],
    ['1,5', 1.5],
    ['12.34', 12.34],
    ['12,3456', 12.3456],
    ['0.500', 0.5],
    ['0,125', 0.125],
    ['1234.500', 1234.5],
    ['1700000000.000', 1_700_000_000],
    ['1700000000.00', 1_700_000_000],
    ['1.700.000.000', 1_700_000_000],
    ['1,700,000,000', 1_700_000_000],
    ['-150.000.000', -150_000_000],
    ['1.234,5', 1234.5],
    ['1,234.5', 1234.5],
    ['1.234.567,125', 1_234_567.125],
    ['1,234,567.125', 1_234_567.125],
    ['1 000', 1000],
    ['-1 500 000 000', -1_500_000_000],
    ['12\u00a0345\u00a0678', 12_345_678],
    ['12\u202f345', 12_345],
    ['1 234,5', 1234.5],
    ['1 234.567', 1234.567],
  ];
  for (const [text, value] of numerals) t.equal(readNumeral(text), value, text);
});

t.test('a numeral with two readings, or none, is not', async (t) => {
  const none = ['150.000', '1.500', '150,000', '1,500', '-1.500', ' 999.999 '];
  none.push(
    '',
    ' ',
    '.',
    ',',
    '-',
    '+5',
    '1e3',
    '1.7E9',
    '0x10',
    '1_000',
    "1'000",
    '1 00',
    '1 0000',
    '1000 000',
    '0 150',
  );
  none.push(
    '1.',
    '.5',
    '1.2.3',
    '1.00.000',
    '1.000.00',
    '1000.000.000',
    '1,234,567,8',
    '1.234.5',
    '0.150.000',
  );
  none.push('1,2,3', '1.234,567.8', '--1', '٣', '１２', 'NaN', 'Infinity', '1'.repeat(40), '12\u00a0345 678');
  none.push(
    '1  000',
    '1 000.000.000',
    '1.000 000',
    '1 234,',
    '- 1 000',
    '1\t000',
    '1 000 000 000 000 000 000 000',
  );
  for (const text of none) t.equal(readNumeral(text), undefined, JSON.stringify(text));
});

t.test('an amount that Vietnamese, American or French software writes is never another amount', async () => {
  for (const locale of ['vi-VN', 'en-US', 'fr-FR'])
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: 0, max: 3 }), (units, digits) => {
        const value = units / 10 ** digits;
        const read = readNumeral(value.toLocaleString(locale, { maximumFractionDigits: 3 }));
        return read === undefined || read === value;
      }),
      { numRuns: 1000 },
    );
});
