import { dateOf, dayOf } from '../../adapters/values/vietnam-clock.ts';

let known = { day: 0, text: '' };

/** The day by the calendar of Việt Nam, `2026-11-30`. Asked for at every number of a person: written once a day. */
export function today(): string {
  const day = dayOf(Date.now());
  if (day !== known.day) known = { day, text: dateOf(day) };
  return known.text;
}
