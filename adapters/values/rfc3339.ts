/**
 * Days and moments by RFC 3339, limited to what every reader of CloudEvents' `time` and JavaScript's `Date` accept: days of the
 * calendar, capital letters (RFC 7493, section 4.3), offsets with minutes, and no second 60, since POSIX time has no number for a
 * leap second.
 */

const DAY = /^\d{4}-(?:0[1-9]|1[0-2])-\d\d$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const [FIRST, LAST] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];

/** `2026-02-28`: is it a day of the calendar? */
export function isDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  const day = Number(text.slice(8));
  return day >= 1 && (day <= 28 || day <= daysOf(Number(text.slice(0, 4)), Number(text.slice(5, 7))));
}

/** The calendar repeats every 400 years; `Date.UTC` maps years below 100 to the 20th century. */
function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

/** `2026-11-02T09:15:00+07:00`: is it a moment? Its year, also in UTC, is 1 to 9999. */
export function isMoment(text: string): boolean {
  if (text[10] !== 'T' || !isDay(text.slice(0, 10)) || !TIME.test(text.slice(11))) return false;
  const moment = Date.parse(text);
  return moment >= FIRST && moment <= LAST;
}

/**
 * Variants that registries write: a space or a small letter between day and time, an offset without minutes or without its colon.
 */
const WRITTEN = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d+)?) ?(?:([Zz])|([+-]\d\d)(?::?(\d\d))?)$/;

/** A registry's moment as RFC 3339; `undefined` for a text that is no moment or can be read in several ways. */
export function readMoment(text: string): string | undefined {
  const [, day, time, utc, hours, minutes = '00'] = WRITTEN.exec(text) ?? [];
  const moment = `${day}T${time}${utc ? 'Z' : `${hours}:${minutes}`}`;
  return isMoment(moment) ? moment : undefined;
}
