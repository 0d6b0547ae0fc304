/** The results of rounds of load, as cells of a table. */
import { medianOf } from '../statistics.ts';
import { figure, megabytes, percent } from '../table.ts';
import type { Round } from './load.ts';

export const ROUND_HEAD = [
  'requests/s',
  'p50 ms',
  'p99 ms',
  'CPU µs/request',
  'busy',
  'memory MB',
  'peak MB',
] as const;

/** Medians of the rounds; memory as it was after the last. */
export function roundCells(rounds: readonly Round[]): string[] {
  const cell = (value: (round: Round) => number | undefined, digits = 0) =>
    figure(medianOf(rounds, value), digits);
  return [
    cell((round) => round.perSecond),
    cell((round) => round.p50, 1),
    cell((round) => round.p99, 1),
    cell((round) => round.cpuMicros),
    percent(medianOf(rounds, (round) => round.busy)),
    megabytes(rounds.at(-1)?.residentBytes),
    megabytes(rounds.at(-1)?.peakBytes),
  ];
}
