/** `Retry-After` (RFC 9110, section 10.2.3): seconds, or an HTTP date in each of its three forms (section 5.6.7). */

const SECONDS = /^\d{1,9}$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TIME = '(?<hour>[01]\\d|2[0-3]):(?<minute>[0-5]\\d):(?<second>[0-5]\\d|60)';
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const MONTH = `(?<month>${MONTHS.join('|')})`;
const FORMS = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(`^${DAY}, (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`),
  // Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(
    `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`,
  ),
  // Sun Nov  6 08:49:37 1994
  new RegExp(`^${DAY} ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
];

/**
 * Milliseconds to wait; `undefined` for a value of no known form. A date that has passed is 0.
 * @param now milliseconds since the epoch
 */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (SECONDS.test(value)) return Number(value) * 1000;
  const date = readHttpDate(value, now);
  return date === undefined ? undefined : Math.max(0, date - now);
}

function readHttpDate(text: string, now: number): number | undefined {
  for (const form of FORMS) {
    const { day, month, year, hour, minute, second } = form.exec(text)?.groups ?? {};
    if (day === undefined) continue;
    const at = (fullYear: number) =>
      Date.UTC(fullYear, MONTHS.indexOf(month!), Number(day), Number(hour), Number(minute), Number(second));
    return at(year!.length === 4 ? Number(year) : fullYearOf(Number(year), now));
  }
  return undefined;
}

/** RFC 9110: a two-digit year that seems more than 50 years ahead is the most recent past year with the same digits. */
function fullYearOf(year: number, now: number): number {
  const current = new Date(now).getUTCFullYear();
  const full = current - (current % 100) + year;
  return full > current + 50 ? full - 100 : full;
}
