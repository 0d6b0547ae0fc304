import fc from 'fast-check';
import t from 'tap';
import { readRetryAfter } from '../../../adapters/upstream/retry-after.ts';

const now = Date.UTC(2026, 10, 25, 3, 0, 0);
const read = (value: string | undefined) => readRetryAfter(value, now);

t.test('seconds, and dates in the three forms of HTTP', async (t) => {
  const values: [value: string, milliseconds: number][] = [
    ['0', 0],
    ['30', 30_000],
    ['999999999', 999_999_999_000],
    ['Wed, 25 Nov 2026 03:00:30 GMT', 30_000],
    ['Wednesday, 25-Nov-26 03:00:30 GMT', 30_000],
    ['Wed Nov 25 03:00:30 2026', 30_000],
    ['Tue Dec  1 03:00:00 2026', 6 * 86_400_000],
    ['Wed, 25 Nov 2026 02:59:00 GMT', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 0],
  ];
  for (const [value, expected] of values) t.equal(read(value), expected, value);
});

t.test('values that are neither', async (t) => {
  const neither = ['', '-1', '1.5', '+5', '1e3', ' 5', '5s', '1000000000', 'soon', '2026-11-25T03:00:30Z'];
  neither.push(
    'Wed, 25 Nov 2026 03:00:30',
    'Wed, 25 Nov 2026 03:00:30 +0700',
    'wed, 25 nov 2026 03:00:30 gmt',
  );
  neither.push(
    'Wed, 25 Nov 2026 25:00:30 GMT',
    '25 Nov 2026 03:00:30 GMT',
    'Nov 25 2026',
    'Wed, 5 Nov 2026 03:00:30 GMT',
  );
  for (const value of neither) t.equal(read(value), undefined, value);
  t.equal(read(undefined), undefined);
});

t.test('the date that a server writes is the moment that it means', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 365 * 86_400 }), (seconds) => {
      return read(new Date(now + 1000 * seconds).toUTCString()) === 1000 * seconds;
    }),
  );
});
