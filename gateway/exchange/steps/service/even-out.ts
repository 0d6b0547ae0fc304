/**
 * even out: hides the reason of a "not found" from its timing. The gateway answers "not found" for records that do not exist, that do not
 * match, and that are outside the scope. The last two take longer, because the record has to be read. So the answer is sent only at few
 * moments: 10, 20, 40, 80 and 160 ms after the call began, then every 160 ms (after Askarov, Zhang and Myers, Predictive Black-Box
 * Mitigation of Timing Channels, CCS 2010).
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '../../../problems/problem.ts';
import type { Attempted, Call, Granted, Timed } from '../../call.ts';

const FIRST = 10;
/** Milliseconds; a multiple of the first by a power of two. */
const LONGEST_STEP = 160;

/**
 * The event loop's clock, by which timers fire, in whole milliseconds. With another clock a timer would fire a millisecond earlier or
 * later, depending on the fraction at which it was set, and the fraction depends on the time that is to be hidden.
 */
export function timerClock(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + Math.floor(nanoseconds / 1e6);
}

/** The moment at which a result that is known after `elapsed` milliseconds may be sent, in milliseconds after the call began. */
export function nextMoment(elapsed: number): number {
  let moment = FIRST;
  while (moment <= elapsed) moment += Math.min(moment, LONGEST_STEP);
  return moment;
}

/** Notes the beginning of the call, if the timing of a "not found" could reveal its reason. */
export function startClock<C extends Call & Granted>(call: C): C & Timed {
  const { grant } = call.declaration;
  return grant.scope || grant.service.matching ? { ...call, begun: timerClock() } : call;
}

/** Resolves when `error` may be sent: a `not_found` at its moment, any other error immediately. */
export async function evenOut(
  { declaration, attempt, begun }: Granted & Timed & Partial<Attempted>,
  error: unknown,
): Promise<void> {
  const decides = declaration.grant.scope !== undefined || attempt !== undefined;
  if (begun === undefined || !decides || !(error instanceof Problem) || error.code !== 'not_found') return;
  const now = timerClock();
  await wait(begun + nextMoment(now - begun) - now);
}
