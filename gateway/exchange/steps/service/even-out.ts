/**
 * even out: no oracle. "Not found" is said of records that are not there, that do not match, and that are outside the scope.
 * A record that has to be read first takes a little longer, and so it is said only at few moments: 10, 20, 40, 80 and 160 ms
 * after the call began, then every 160 ms (after Askarov, Zhang and Myers, Predictive Black-Box Mitigation of Timing Channels,
 * CCS 2010).
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '../../../problems/problem.ts';
import type { Attempted, Call, Granted, Timed } from '../../call.ts';

const FIRST = 10;
/** Milliseconds; a multiple of the first by a power of two. */
const LONGEST_STEP = 160;

/**
 * Whole milliseconds of the clock that timers go by: the loop's, which drops fractions. By any other clock a timer would
 * fire sooner or later by one, depending on the fraction at which it was set, and so on what is to be hidden.
 */
export function timerClock(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + Math.floor(nanoseconds / 1e6);
}

/** When what is known after so many milliseconds may be said. */
export function nextMoment(elapsed: number): number {
  let moment = FIRST;
  while (moment <= elapsed) moment += Math.min(moment, LONGEST_STEP);
  return moment;
}

/** Notes when the call began, where the time of "not found" could show what it is said of. */
export function startClock<C extends Call & Granted>(call: C): C & Timed {
  const { grant } = call.declaration;
  return { ...call, begun: grant.scope || grant.service.matching ? timerClock() : 0 };
}

/** Resolves when `error` may be sent: a `not_found` not before its moment, anything else at once. */
export async function evenOut(
  { declaration, attempt, begun }: Granted & Timed & Partial<Attempted>,
  error: unknown,
): Promise<void> {
  const decides = declaration.grant.scope !== undefined || attempt !== undefined;
  if (!decides || !(error instanceof Problem) || error.code !== 'not_found') return;
  const now = timerClock();
  await wait(begun + nextMoment(now - begun) - now);
}
