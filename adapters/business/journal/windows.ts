/**
 * Chooses the next part of the business registry's journal: arithmetic of instants, days and lists in Việt Nam's time.
 *
 * The registry lists the dossiers of today by times (`danhSachHoSoTrongNgay`, HH:mm) and those of other days by dates
 * (`danhSachHoSo`, at most five days). A round starts a quarter of an hour before the end of the last round, because dossiers
 * are entered late, and ends two minutes ago, because the present minute is not complete. It is read window by window: a
 * window of times lies within one day; a window of dates is whole days. All instants are milliseconds since the epoch at
 * the start of a minute, and stand for the whole minute.
 */
import { beginOf, clockAt, DAY, dateOf, dayOf } from '../../values/vietnam-clock.ts';

export const MINUTE = 60_000;

const SETTLED_AFTER = 2 * MINUTE;
const OVERLAP = 15 * MINUTE;
/** How far back the first round starts. */
const FIRST_BACK = DAY;
/** The guide says five, but not whether it counts the days or the steps between them. */
const MOST_DAYS = 5;
/** This close to midnight the registry's today may differ from the gateway's. */
const MIDNIGHT_MARGIN = 5 * MINUTE;

/** First and last minute, both inclusive. */
export interface Round {
  readonly from: number;
  readonly to: number;
}

export interface Window extends Round {
  /** The operation with its window. Windows with the same question are the same. */
  readonly question: string;
  /** Start of the next window. */
  readonly next: number;
}

/** The newest complete minute. */
export function settledMinute(now: number): number {
  return minuteOf(now - SETTLED_AFTER);
}

/**
 * @param upTo last minute that was read; `undefined`: none. A value from a clock that ran ahead is too high: the round starts
 *   earlier
 */
export function nextRound(upTo: number | undefined, now: number): Round {
  const to = settledMinute(now);
  if (upTo === undefined) return { from: minuteOf(now - FIRST_BACK), to };
  return { from: Math.min(minuteOf(upTo), to) - OVERLAP, to };
}

/** The first window of a round; the next one starts at its `next`, until that is past `to`. */
export function firstWindow({ from, to }: Round, now: number): Window {
  const [firstDay, lastDay, today] = [dayOf(from), dayOf(to), dayOf(now)];
  const certain = dayOf(now - MIDNIGHT_MARGIN) === dayOf(now + MIDNIGHT_MARGIN);
  if (firstDay === today && certain) {
    const times = `from_ts=${encodeURIComponent(timeOf(from))}&to_ts=${encodeURIComponent(timeOf(to))}`;
    return { from, to, next: to + MINUTE, question: `danhSachHoSoTrongNgay?${times}` };
  }
  const readable = certain ? Math.min(lastDay, today - 1) : lastDay;
  const until = Math.min(firstDay + MOST_DAYS - 1, readable);
  const dates = `from_date=${encodeURIComponent(slashDate(firstDay))}&to_date=${encodeURIComponent(slashDate(until))}`;
  const next = beginOf(until + 1);
  return { from, to: Math.min(to, next - MINUTE), next, question: `danhSachHoSo?${dates}` };
}

function minuteOf(instant: number): number {
  return instant - (instant % MINUTE);
}

/** HH:mm */
function timeOf(instant: number): string {
  return clockAt(instant).slice(11, 16);
}

/** dd/MM/yyyy */
function slashDate(day: number): string {
  const [year, month, date] = dateOf(day).split('-');
  return `${date}/${month}/${year}`;
}
