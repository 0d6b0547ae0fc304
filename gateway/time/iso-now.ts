/** Now, as text. */

let moment = Number.NaN;
let text = '';

/** RFC 3339, UTC, with milliseconds. Written once for each millisecond, in which ten calls may come and end. */
export function isoNow(): string {
  const now = Date.now();
  if (now !== moment) {
    text = new Date(now).toISOString();
    moment = now;
  }
  return text;
}
