/** How large a run is: the same code for the long form, the short one, and the one whose relay is broken. */

export interface Plan {
  readonly subjects: number;
  /** Versions of each subject. */
  readonly versions: number;
  /** Concurrent calls of the provider. Each worker has its own subjects, and pushes their versions in order. */
  readonly workers: number;
  /** A batch holds one change to so many. */
  readonly largestBatch: number;
  /** Milliseconds over which the changes are spread, at least; some are kept for the last of the faults. */
  readonly spread: number;
  /** Each broker, in turn, is killed, stays away for a random time up to this (milliseconds), and is started again. */
  readonly brokersKilled: number;
  readonly brokerAway: number;
  /** How often the leaders of all partitions are moved. */
  readonly leaderMoves: number;
  readonly relayKills: number;
  /** Milliseconds for which the relay's leader is stopped and then goes on; longer than its lease. */
  readonly relayPause: number;
  readonly postgresRestarts: number;
  /** How often the leader ends in good order, and how often the catalogue is swapped for one that grants the same. */
  readonly leadersReplaced: number;
  readonly cataloguesSwapped: number;
  /** Does the reference program keep copies meanwhile? */
  readonly copies: boolean;
  /** Milliseconds before each fault of the relay or PostgreSQL, at most. */
  readonly calm: number;
  /** Milliseconds after which whatever is missing is called lost. */
  readonly patience: number;
  /** Milliseconds for all of it: then the run ends as failed. */
  readonly limit: number;
}

const whole = {
  brokersKilled: 3,
  relayKills: 5,
  postgresRestarts: 1,
  leadersReplaced: 1,
  cataloguesSwapped: 1,
  copies: true,
  workers: 4,
};

export const plans = {
  long: {
    ...whole,
    subjects: 20_000,
    versions: 10,
    largestBatch: 500,
    spread: 240_000,
    brokerAway: 15_000,
    leaderMoves: 3,
    relayPause: 30_000,
    calm: 30_000,
    patience: 120_000,
    limit: 1_200_000,
  },
  short: {
    ...whole,
    subjects: 1500,
    versions: 10,
    largestBatch: 100,
    spread: 50_000,
    brokerAway: 2500,
    leaderMoves: 1,
    relayPause: 8000,
    calm: 1500,
    patience: 30_000,
    limit: 300_000,
  },
  /** Enough for a relay that acknowledges too early to be found out. */
  brief: {
    ...whole,
    subjects: 600,
    versions: 10,
    largestBatch: 50,
    spread: 15_000,
    brokersKilled: 1,
    brokerAway: 2500,
    leaderMoves: 0,
    relayKills: 1,
    relayPause: 0,
    postgresRestarts: 0,
    leadersReplaced: 0,
    cataloguesSwapped: 0,
    copies: false,
    calm: 1500,
    // A delivery to this machine that is cut off fails at its deadline, ten seconds later, and is then tried again.
    patience: 15_000,
    limit: 200_000,
  },
} as const satisfies Readonly<Record<string, Plan>>;
