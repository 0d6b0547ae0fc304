import fc from 'fast-check';
import t from 'tap';
import {
  firstWindow,
  MINUTE,
  nextRound,
  type Round,
  type Window,
} from '../../../../adapters/business/journal/windows.ts';

const DAY = 24 * 60 * MINUTE;
const at = (text: string) => Date.parse(`${text}+07:00`);
const dayOf = (instant: number) => Math.floor((instant + 7 * 60 * MINUTE) / DAY);

function windowsOf(round: Round, now: number): Window[] {
  const windows: Window[] = [];
  for (let { from } = round; from <= round.to; from = windows.at(-1)!.next) {
    windows.push(firstWindow({ from, to: round.to }, now));
    if (windows.length > 10_000) throw new Error('a round without an end');
  }
  return windows;
}

const questions = (upTo: string | undefined, now: string) =>
  windowsOf(nextRound(upTo === undefined ? undefined : at(upTo), at(now)), at(now)).map(({ question }) =>
    decodeURIComponent(question),
  );

t.test('within a day: times, from a quarter of an hour before to two minutes ago', async (t) => {
  t.same(questions('2026-11-25T10:00', '2026-11-25T10:01:30'), [
    'danhSachHoSoTrongNgay?from_ts=09:44&to_ts=09:59',
  ]);
  t.same(questions('2026-11-25T09:59', '2026-11-25T11:00:59'), [
    'danhSachHoSoTrongNgay?from_ts=09:44&to_ts=10:58',
  ]);
});

t.test(
  'at midnight: yesterday by its date, today by times, and by its date while it is uncertain',
  async (t) => {
    t.same(questions('2026-11-24T23:53', '2026-11-24T23:54:59'), [
      'danhSachHoSoTrongNgay?from_ts=23:37&to_ts=23:52',
    ]);
    t.same(questions('2026-11-24T23:53', '2026-11-24T23:56'), [
      'danhSachHoSo?from_date=24/11/2026&to_date=24/11/2026',
    ]);
    t.same(questions('2026-11-24T23:58', '2026-11-25T00:03'), [
      'danhSachHoSo?from_date=24/11/2026&to_date=25/11/2026',
    ]);
    t.same(questions('2026-11-24T23:58', '2026-11-25T00:06'), [
      'danhSachHoSo?from_date=24/11/2026&to_date=24/11/2026',
      'danhSachHoSoTrongNgay?from_ts=00:00&to_ts=00:04',
    ]);
    t.same(questions('2026-11-25T00:16', '2026-11-25T00:18'), [
      'danhSachHoSoTrongNgay?from_ts=00:01&to_ts=00:16',
    ]);
  },
);

t.test('a gap of twelve days is walked by five days, the end of the year too', async (t) => {
  t.same(questions('2025-12-27T16:00', '2026-01-08T09:00'), [
    'danhSachHoSo?from_date=27/12/2025&to_date=31/12/2025',
    'danhSachHoSo?from_date=01/01/2026&to_date=05/01/2026',
    'danhSachHoSo?from_date=06/01/2026&to_date=07/01/2026',
    'danhSachHoSoTrongNgay?from_ts=00:00&to_ts=08:58',
  ]);
});

t.test('a registry that was never read begins a day ago', async (t) => {
  t.same(questions(undefined, '2026-11-25T10:00'), [
    'danhSachHoSo?from_date=24/11/2026&to_date=24/11/2026',
    'danhSachHoSoTrongNgay?from_ts=00:00&to_ts=09:58',
  ]);
});

const start = at('2026-02-25T13:37');
/** Steps of the clock between polls: mostly short, now and then days, and sometimes back. */
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 3 * MINUTE }) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 30 * 60 * MINUTE }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 * DAY }) },
    { weight: 1, arbitrary: fc.integer({ min: -2 * DAY, max: 0 }) },
  ),
  { minLength: 1, maxLength: 30 },
);

t.test(
  'property: whenever it is polled, all is covered, and no window is one that may not be asked for',
  async () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: DAY }), steps, (first, clock) => {
        let now = start + first;
        let upTo: number | undefined;
        const covered: { from: number; until: number; at: number }[] = [];
        // Where the first poll begins.
        const begin = now + clock[0]! - DAY;
        for (const step of clock) {
          now += step;
          const round = nextRound(upTo, now);
          for (const window of windowsOf(round, now)) {
            check(window, now);
            covered.push({ from: window.from, until: window.to + MINUTE, at: now });
          }
          upTo = round.to;

          // Every instant up to two minutes ago is in a window, and so is the quarter of an hour before the end of the
          // round before; read when it was at least two minutes old, by the clock that read it.
          const settled = now - 2 * MINUTE;
          for (const instant of [
            settled,
            settled - 1,
            settled - 17 * MINUTE,
            begin,
            middle(begin, settled),
          ]) {
            if (instant < begin || instant > settled) continue;
            const found = covered.some(
              ({ from, until, at }) => from <= instant && instant < until && instant <= at,
            );
            if (!found) throw new Error(`${new Date(instant).toISOString()} is in no window`);
          }
        }
        gapless(covered, begin, now);
      }),
      { numRuns: 500 },
    );
  },
);

const middle = (one: number, other: number) => Math.floor((one + other) / 2);

/** The windows together leave nothing out between the first of them and two minutes ago. */
function gapless(covered: readonly { from: number; until: number }[], begin: number, now: number): void {
  let end = begin;
  for (const { from, until } of [...covered].sort((one, other) => one.from - other.from)) {
    if (from > end) throw new Error(`nothing is read from ${new Date(end).toISOString()}`);
    end = Math.max(end, until);
  }
  if (end <= now - 2 * MINUTE) throw new Error('the end is not read');
}

function check(window: Window, now: number): void {
  const { question, from, to, next } = window;
  const [operation, query] = question.split('?') as [string, string];
  const parameters = new URLSearchParams(query);
  if (to > now - 2 * MINUTE) throw new Error('not settled');
  if (next <= to) throw new Error('the next window begins in this one');
  if (operation === 'danhSachHoSoTrongNgay') {
    // Its times are of today, whatever the registry's clock says within five minutes.
    const days = [from, to, now - 5 * MINUTE + 1, now + 5 * MINUTE - 1].map(dayOf);
    if (new Set(days).size !== 1) throw new Error(`${question} crosses midnight`);
    const minutes = (name: string) => {
      const [hours, rest] = parameters.get(name)!.split(':').map(Number);
      return hours! * 60 + rest!;
    };
    const midnight = dayOf(now) * DAY - 7 * 60 * MINUTE;
    if (midnight + minutes('from_ts') * MINUTE !== from) throw new Error('from_ts');
    if (midnight + minutes('to_ts') * MINUTE !== to) throw new Error('to_ts');
    return;
  }
  const day = (name: string) => {
    const [date, month, year] = parameters.get(name)!.split('/');
    return dayOf(at(`${year}-${month}-${date}T12:00`));
  };
  const days = day('to_date') - day('from_date') + 1;
  if (days < 1 || days > 5) throw new Error(`${question} is ${days} days`);
  if (dayOf(from) !== day('from_date')) throw new Error('from_date');
  if (dayOf(to) > day('to_date')) throw new Error('to_date');
  if (day('to_date') > dayOf(now)) throw new Error('a day that has not begun');
}
