const DAY_MS = 86_400_000;
/** Việt Nam keeps UTC+7 all year. */
const OFFSET_MS = 7 * 3_600_000;

/** The last day that the synthetic data knows of; live changes come after it. */
export const DATA_AS_OF = { year: 2026, month: 6, day: 30 } as const;

/** A calendar day as a number of days, for arithmetic. */
export function dayNumber(year: number, month: number, day: number): number {
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

export const LAST_DAY = dayNumber(DATA_AS_OF.year, DATA_AS_OF.month, DATA_AS_OF.day);

/** `yyyy-MM-dd`. */
export function isoDate(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** `dd/MM/yyyy`, as the business registry writes dates. */
export function slashDate(day: number): string {
  const [year, month, date] = isoDate(day).split('-');
  return `${date}/${month}/${year}`;
}

/** The day number of a `dd/MM/yyyy`, undefined for anything else. */
export function parseSlashDate(text: string): number | undefined {
  const match = /^(\d{2})\/(\d{2})\/(\d{4})$/.exec(text);
  if (match === null) return undefined;
  const day = dayNumber(Number(match[3]), Number(match[2]), Number(match[1]));
  return slashDate(day) === text ? day : undefined;
}

/** The day, in Việt Nam, of an instant. */
export function dayInVietnam(instant: Date): number {
  return Math.floor((instant.getTime() + OFFSET_MS) / DAY_MS);
}

/** Minutes since midnight in Việt Nam. */
export function minuteInVietnam(instant: Date): number {
  return Math.floor(((instant.getTime() + OFFSET_MS) % DAY_MS) / 60_000);
}

/** The instant that a `yyyyMMddHHmmss` in UTC+7 names, in milliseconds; NaN for anything else. */
export function parseTimestamp(text: string): number {
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text);
  if (match === null) return Number.NaN;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second) - OFFSET_MS;
}
