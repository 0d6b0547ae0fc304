/** One round of load on one contestant: what came of it, and what it cost. */
import type { Contestant } from '../contestants/contestant.ts';
import { measuredCoreMicros, usageOf } from '../machine.ts';
import type { Worker } from '../processes.ts';
import type { LoadJob, LoadResult } from './job.ts';

export const CONNECTIONS = 64;

export type LoadGenerator = Worker<LoadJob, LoadResult>;

export interface Round {
  readonly answers: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** CPU of the contestant's process for one answer, in microseconds; `undefined` where it cannot be known. */
  readonly cpuMicros: number | undefined;
  /** Share of the time that the contestant was busy: well below 1 means that something else was the limit. */
  readonly busy: number | undefined;
  /** Share of the time that others took from the contestant's core. */
  readonly disturbed: number | undefined;
  readonly residentBytes: number | undefined;
  readonly peakBytes: number | undefined;
}

/** @throws Error when an answer is not 200, or a looked-at one not right */
export async function loadRound(
  generator: LoadGenerator,
  contestant: Contestant,
  seconds: number,
): Promise<Round> {
  const { pid, port, name, tls } = contestant;
  const requests = await contestant.requests();
  const proving = await contestant.proving?.();
  const [before, core] = [usageOf(pid), measuredCoreMicros()];
  const result = await generator.run({ port, connections: CONNECTIONS, seconds, requests, tls, proving });
  const [after, coreAfter] = [usageOf(pid), measuredCoreMicros()];
  for (const { request, body } of result.samples) {
    const fault = contestant.fault(request, body);
    if (fault) throw new Error(`${name}: ${fault}\n${body}`);
  }
  const cpu = before && after && after.cpuMicros - before.cpuMicros;
  return {
    answers: result.answers,
    perSecond: result.answers / result.seconds,
    p50: result.p50,
    p99: result.p99,
    cpuMicros: cpu === undefined ? undefined : cpu / result.answers,
    busy: cpu === undefined ? undefined : cpu / 1e6 / result.seconds,
    disturbed:
      cpu === undefined || core === undefined || coreAfter === undefined
        ? undefined
        : Math.max(0, (coreAfter - core - cpu) / 1e6 / result.seconds),
    residentBytes: after?.residentBytes,
    peakBytes: after?.peakBytes,
  };
}
