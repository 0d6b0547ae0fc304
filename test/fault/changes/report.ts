/** The outcome of a run, as a table and as marks. */
import type { Mark } from '../../bench/marks.ts';
import { figure, type Table } from '../../bench/table.ts';
import type { Outcome } from './run-changes.ts';

export function tableOf(title: string, { verdicts }: Outcome): Table {
  return {
    title,
    head: [
      '',
      'sent',
      'received',
      'duplicates',
      'lost',
      'out of order',
      'gaps',
      'wrong',
      'identifiers shown',
      'copy',
    ],
    rows: verdicts.map(({ subscriber, verdict, digests }) => [
      subscriber,
      ...[
        verdict.sent,
        verdict.received,
        verdict.duplicates,
        verdict.lost,
        verdict.outOfOrder,
        verdict.gaps,
      ].map((one) => figure(one)),
      ...[verdict.wrong, verdict.exposed].map((one) => figure(one)),
      digests.copy === digests.registry ? 'equal' : 'DIFFERS',
    ]),
  };
}

export function notesOf({ copies, suffered, refusals, pushed, memory, seconds }: Outcome): string[] {
  const {
    takeovers,
    brokersKilled,
    leadersMoved,
    relayKills,
    relayPauses,
    postgresRestarts,
    leadersReplaced,
    cataloguesSwapped,
  } = suffered;
  return [
    `${figure(pushed)} changes pushed and acknowledged, in ${figure(seconds)} s with start and end`,
    `${brokersKilled} brokers killed, leaders of ${leadersMoved} partitions moved, relay's leader killed ${relayKills} times and stopped ${relayPauses} times, PostgreSQL restarted ${postgresRestarts} times, leader replaced ${leadersReplaced} times, catalogue swapped ${cataloguesSwapped} times`,
    `another replica led after ${takeovers.map((ms) => `${figure(ms / 1000, 1)} s`).join(', ')}`,
    ...copies.map(
      ({ name, rows, digest, registry, repairs }) =>
        `${name}: ${figure(rows)} rows, digest ${digest === registry ? 'equal to' : 'DIFFERENT FROM'} the registry's, repaired ${repairs.length} times${repairs
          .slice(0, 3)
          .map((line) => `\n    ${line}`)
          .join('')}`,
    ),
    `pushes that were tried again: ${[...refusals].map(([what, count]) => `${what} ${count}`).join(', ') || 'none'}`,
    `memory of the replicas at the end: ${memory.map((bytes) => `${figure(bytes && bytes / 1e6)} MB`).join(', ')}`,
  ];
}

/** The counts that must be 0 in every run of a sound gateway. */
export function marksOf({ verdicts, copies }: Outcome): Mark[] {
  const ofCopies = copies.flatMap(({ name, digest, registry, repairs }) => [
    { name: `${name}: differs from the registry`, value: Number(digest !== registry), atMost: 0 },
    { name: `${name}: repaired`, value: repairs.length, atMost: 0 },
  ]);
  return verdicts
    .flatMap(({ subscriber, verdict, digests }) => [
      { name: `${subscriber}: lost`, value: verdict.lost, atMost: 0 },
      { name: `${subscriber}: out of order`, value: verdict.outOfOrder, atMost: 0 },
      { name: `${subscriber}: gaps`, value: verdict.gaps, atMost: 0 },
      { name: `${subscriber}: wrong`, value: verdict.wrong, atMost: 0 },
      { name: `${subscriber}: identifiers shown`, value: verdict.exposed, atMost: 0 },
      {
        name: `${subscriber}: copy differs from the registry`,
        value: Number(digests.copy !== digests.registry),
        atMost: 0,
      },
    ])
    .concat(ofCopies);
}
