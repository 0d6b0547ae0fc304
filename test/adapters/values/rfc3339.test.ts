import fc from 'fast-check';
import t from 'tap';
import { isDay, isMoment, readMoment } from '../../../adapters/values/rfc3339.ts';

const sound = [
  '2026-11-02T09:15:00+07:00',
  '2026-11-02T09:15:00Z',
  '2026-11-02T09:15:00.123456789+07:00',
  '2024-02-29T00:00:00-00:00',
  '2000-02-29T23:59:59Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2026-11-02T09:15:00+23:59',
];

t.test('moments', async (t) => {
  for (const text of sound) {
    t.ok(isMoment(text), text);
    t.equal(readMoment(text), text);
    t.ok(Number.isFinite(Date.parse(text)), 'JavaScript reads it');
  }
});

/** What other readers of times take, and RFC 3339 does not, or not each reader of it. */
const unsound = [
  '2026-11-02T09:15:00+07',
  '2026-11-02T09:15:00+0700',
  '2026-11-02 09:15:00+07:00',
  '2026-11-02t09:15:00Z',
  '2026-11-02T09:15:00z',
  '2026-11-02T09:15:00',
  '2026-11-02T09:15+07:00',
  '2026-11-02T09:15:00 +07:00',
  '2026-11-02T24:00:00Z',
  '2026-11-02T09:60:00Z',
  '2016-12-31T23:59:60Z',
  '2026-02-29T09:15:00Z',
  '2026-02-31T09:15:00Z',
  '1900-02-29T09:15:00Z',
  '2026-13-01T09:15:00Z',
  '2026-00-10T09:15:00Z',
  '2026-11-00T09:15:00Z',
  '2026-11-02T09:15:00+24:00',
  '2026-11-02T09:15:00+07:60',
  '2026-11-02T09:15:00.Z',
  '2026-11-02T09:15:00,5Z',
  '2026-11-02T09:15:00.1234567890Z',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+07:00',
  '9999-12-31T23:59:59-07:00',
  '+002026-11-02T09:15:00Z',
  '20261102T091500Z',
  '2026-11-02',
  '2026-11-02T09:15:00Z\n',
  ' 2026-11-02T09:15:00Z',
  '',
];

t.test('texts that are no moment', async (t) => {
  for (const text of unsound) t.notOk(isMoment(text), text);
});

t.test('a registry’s time is read, where it can be read in one way only', async (t) => {
  for (const text of [
    '2026-11-02 09:15:00+07:00',
    '2026-11-02T09:15:00+07',
    '2026-11-02T09:15:00+0700',
    '2026-11-02t09:15:00+07:00',
    '2026-11-02 09:15:00 +07',
  ])
    t.equal(readMoment(text), '2026-11-02T09:15:00+07:00', text);
  t.equal(readMoment('2026-11-02t02:15:00.50z'), '2026-11-02T02:15:00.50Z');
  for (const text of [
    '2026-11-02T09:15:00',
    '2026-11-02',
    '02/11/2026 09:15:00+07:00',
    '2016-12-31T23:59:60Z',
    '',
  ])
    t.equal(readMoment(text), undefined, text);
});

t.test('each day of the calendar, and no other', async () => {
  const number = fc.integer({ min: 0, max: 99 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9999 }), number, number, (year, month, day) => {
      const text = [
        String(year).padStart(4, '0'),
        ...[month, day].map((part) => String(part).padStart(2, '0')),
      ].join('-');
      const date = new Date(`${text}T00:00:00Z`);
      // JavaScript takes the 31st of each month, and counts on.
      const isReal = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
      return isDay(text) === isReal;
    }),
    { numRuns: 5000 },
  );
});
