/** The present time as text. */

let moment = Number.NaN;
let text = '';

/** RFC 3339, UTC, with milliseconds. Formatted once per millisecond, in which ten calls may begin and end. */
export function isoNow(): string {
  const now = Date.now();
  if (now !== moment) {
    text = new Date(now).toISOString();
    moment = now;
  }
  return text;
}
