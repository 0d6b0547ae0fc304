/** The table of look-ups, what its rows say of each other, and the marks. */
import type { Contestant } from './contestants/contestant.ts';
import type { Gateway } from './contestants/gateway.ts';
import { ROUND_HEAD, roundCells } from './load/cells.ts';
import type { Round } from './load/load.ts';
import type { Report } from './report.ts';
import { median } from './statistics.ts';
import { figure, percent } from './table.ts';

/** A round in which others took more than this share of the contestant's core is run again, while there is time. */
export const DISTURBED = 0.1;

export interface Entry {
  readonly letter: 'a' | 'b' | 'b2' | 'c' | 'd' | 'f' | 'g' | 'h';
  readonly contestant: Contestant;
  /** Of a gateway's services: its key. */
  readonly service?: string;
  readonly gateway?: Gateway;
  readonly rounds: Round[];
  /** In all rounds and the warm-up. */
  answers: number;
}

/**
 * @param ceiling what upstream and load generator do without a contestant
 * @param answers all that were counted, by service
 */
export function reportLookups(
  entries: readonly Entry[],
  aloneName: string,
  ceiling: Round,
  answers: ReadonlyMap<string, number>,
): Report {
  const find = (letter: Entry['letter']) => entries.find((entry) => entry.letter === letter);
  const rows = entries.map(({ letter, contestant, rounds }) => [
    `${letter.padEnd(2)} ${contestant.name}`,
    ...roundCells(rounds),
  ]);
  if (find('b') && !find('c')) rows.splice(3, 0, ['c  nginx: not installed', ...ROUND_HEAD.map(() => '—')]);
  rows.push([`   ${aloneName}`, ...roundCells([ceiling])]);

  const [a, b] = [find('a'), find('b')];
  const overB = ratio(a, b, (round) => round.perSecond);
  const resident = entries
    .filter(({ letter }) => letter === 'a' || letter === 'd')
    .at(-1)
    ?.rounds.at(-1)?.peakBytes;
  return {
    tables: [
      {
        title: 'Look-ups, 64 connections',
        head: ['', ...ROUND_HEAD],
        rows,
      },
    ],
    notes: [
      ...pairNotes([
        ['a/b', a, b],
        ['a/b2', a, find('b2')],
        ['a/c', a, find('c')],
      ]),
      // What binding costs: beside a bearer token in the clear, and beside one over TLS.
      ...pairNotes([
        ['DPoP beside bearer: f/a', find('f'), a],
        ['TLS by itself: g/a', find('g'), a],
        ['certificate-bound beside bearer, both over TLS: h/g', find('h'), find('g')],
      ]),
      ...disturbance(entries),
      ...[...answers].map(
        ([service, count]) =>
          `${service}: ${figure(count)} answers, as many rows of evidence, as many counted, as many logged`,
      ),
    ],
    marks: [
      ...(a && b ? [{ name: 'a/b', value: overB, atLeast: 0.6 }] : []),
      {
        name: 'resident memory of the gateway under load, peak',
        value: resident && resident / 1e6,
        unit: ' MB',
        atMost: 200,
      },
    ],
  };
}

/** Rates, and CPU for an answer, of one beside the other, where both were measured. */
function pairNotes(
  pairs: readonly (readonly [name: string, over: Entry | undefined, under: Entry | undefined])[],
): string[] {
  return pairs.flatMap(([name, over, under]) => {
    if (!over || !under) return [];
    const [rate, cpu] = [
      ratio(over, under, (round) => round.perSecond),
      ratio(under, over, (round) => round.cpuMicros),
    ];
    return [`${name} ${figure(rate, 2)} (by CPU ${figure(cpu, 2)})`];
  });
}

/** Nobody should believe a number that was taken while something else had the core. */
function disturbance(entries: readonly Entry[]): string[] {
  const worst = Math.max(
    0,
    ...entries.flatMap(({ rounds }) => rounds.map(({ disturbed }) => disturbed ?? 0)),
  );
  return worst > DISTURBED
    ? [`disturbed: other processes took up to ${percent(worst)} of the measured core in a round`]
    : [];
}

/** Median of the ratios within each turn. */
function ratio(
  over: Entry | undefined,
  under: Entry | undefined,
  value: (round: Round) => number | undefined,
): number | undefined {
  if (!over || !under) return undefined;
  const ratios = over.rounds.map((round, turn) => {
    const [above, below] = [value(round), value(under.rounds[turn]!)];
    return above !== undefined && below ? above / below : Number.NaN;
  });
  return ratios.some(Number.isNaN) ? undefined : median(ratios);
}
