import fc from 'fast-check';
import t from 'tap';
import { parseBoolean, parseInteger, parseNumber } from '../../../gateway/wire/json-scalars.ts';

/** Texts near numbers, which is where readers differ. */
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc
    .array(fc.constantFrom(...'0123456789+-.eExXbo_n \t٥５'), { maxLength: 10 })
    .map((parts) => parts.join('')),
  fc.double().map(String),
  fc.integer().map(String),
);

function json(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return undefined;
  }
}

t.test('a number is what JSON takes, and nothing around it', (t) => {
  fc.assert(
    fc.property(text, (written) => {
      const value = json(written);
      const isNumber = typeof value === 'number' && Number.isFinite(value) && !/\s/.test(written);
      return Object.is(parseNumber(written), isNumber ? value : undefined);
    }),
    { numRuns: 5000 },
  );
  t.end();
});

t.test('an integer is written without fraction and exponent, and is exact', (t) => {
  fc.assert(
    fc.property(text, (written) => {
      const number = parseNumber(written);
      const isInteger = Number.isSafeInteger(number) && !/[.eE]/.test(written);
      return Object.is(parseInteger(written), isInteger ? number : undefined);
    }),
    { numRuns: 5000 },
  );
  for (const written of [
    '0x10',
    '1e2',
    '+5',
    ' 5',
    '5 ',
    '5.0',
    '٥',
    '05',
    '',
    '-',
    '9007199254740993',
    'Infinity',
  ])
    t.equal(parseInteger(written), undefined, JSON.stringify(written));
  t.same(['0', '5', '-5', '100'].map(parseInteger), [0, 5, -5, 100]);
  t.end();
});

t.test('a truth value is one of two words', (t) => {
  t.same(['true', 'false', 'True', '1', '0', '', ' true', 'on'].map(parseBoolean).slice(0, 3), [
    true,
    false,
    undefined,
  ]);
  t.same(
    ['True', '1', '0', '', ' true', 'on'].filter((written) => parseBoolean(written) !== undefined),
    [],
  );
  t.end();
});
