import { dateOf, dayOf } from '../../adapters/values/vietnam-clock.ts';

let known = { day: 0, text: '' };

/** The present day in Việt Nam, `2026-11-30`. Formatted once a day, because every check of a personal number asks for it. */
export function today(): string {
  const day = dayOf(Date.now());
  if (day !== known.day) known = { day, text: dateOf(day) };
  return known.text;
}
