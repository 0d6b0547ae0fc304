import { today } from '../../time/today.ts';
import { digits } from './digits.ts';

/**
 * `birth-date`: a day of the calendar (`1990-02-28`), or a year alone (`1945`) where only the year was registered; not in the
 * future.
 */
export function isBirthDate(text: string): boolean {
  if (text > today()) return false;
  if (text.length === 4) return digits(text) && text >= '1800';
  if (text.length !== 10 || text[4] !== '-' || text[7] !== '-') return false;
  if (!digits(text, 0, 4) || !digits(text, 5, 7) || !digits(text, 8, 10) || text < '1800') return false;
  const month = Number(text.slice(5, 7));
  const day = Number(text.slice(8, 10));
  return month >= 1 && month <= 12 && day >= 1 && day <= daysOf(Number(text.slice(0, 4)), month);
}

function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}
