/** The report of the benchmark of changes. */
import { BATCH_SIZE } from './changes/batch.ts';
import type { Latency } from './changes/latency.ts';
import type { Memory } from './changes/memory.ts';
import type { Report } from './report.ts';
import { medianOf } from './statistics.ts';
import { figure, megabytes, percent } from './table.ts';

/** The gateway's rate beside the minimal outbox's. */
const SHARE_OF_OUTBOX = 0.6;
/** Memory at the end beside that after a third of the time: it does not grow with what has passed through. */
const GROWTH = 1.15;
/** A mark only when it went on for this many seconds: before, a heap is still finding its size. */
const SUSTAINED = 60;

export interface Figures {
  /** Acknowledged, over all of the time. */
  readonly perSecond: number;
  readonly cpuMicros: number | undefined;
  readonly busy: number | undefined;
  readonly residentBytes: number | undefined;
  readonly peakBytes: number | undefined;
  readonly memory: Memory | undefined;
  /** Seconds, at the end of them, in which nothing came in any more. */
  readonly catchUp: number | undefined;
}

export interface Turn {
  readonly gateway: Figures;
  readonly outbox: Figures;
  readonly bare: Figures;
}

export interface MeasuredChanges {
  readonly turns: readonly Turn[];
  /** For which each turn of the gateway and of the minimal outbox took changes in. */
  readonly seconds: number;
  readonly brokers: number;
  readonly latency: Latency;
  readonly pushed: number;
  readonly messageBytes: number;
}

export function reportChanges(measured: MeasuredChanges): Report {
  const { turns, seconds, brokers, latency, pushed, messageBytes } = measured;
  const row = (name: string, who: keyof Turn) => {
    const of = (value: (figures: Figures) => number | undefined) =>
      medianOf(turns, (turn) => value(turn[who]));
    return [
      name,
      figure(of(({ perSecond }) => perSecond)),
      figure(of(({ cpuMicros }) => cpuMicros)),
      percent(of(({ busy }) => busy)),
      megabytes(turns.at(-1)?.[who].residentBytes),
      megabytes(turns.at(-1)?.[who].peakBytes),
    ];
  };
  const over = (value: (turn: Turn) => number | undefined) => medianOf(turns, value);
  const outbox = over((turn) => turn.gateway.perSecond / turn.outbox.perSecond);
  const bare = over((turn) => turn.gateway.perSecond / turn.bare.perSecond);
  const byCpu = over(({ gateway, outbox }) => gateway.cpuMicros && outbox.cpuMicros! / gateway.cpuMicros);
  const catchUp = over(({ gateway }) => gateway.catchUp);
  const growth = over(({ gateway: { memory } }) => memory && memory.late / memory.early);
  return {
    tables: [
      {
        title: `Changes, batches of ${BATCH_SIZE}, sustained for ${seconds} s; ${brokers} brokers, acknowledged by two and more`,
        head: ['', 'changes/s', 'CPU µs/change', 'busy', 'memory MB', 'peak MB'],
        rows: [
          row('e  push to Kafka acknowledgement', 'gateway'),
          row('   minimal outbox', 'outbox'),
          row('   bare kafkajs producer', 'bare'),
        ],
      },
      {
        title: 'From commit to consumer, at a tenth of that rate',
        head: ['', 'changes/s', 'p50 ms', 'p99 ms'],
        rows: [['e', figure(latency.perSecond), figure(latency.p50), figure(latency.p99)]],
      },
    ],
    notes: [
      `e/minimal outbox ${figure(outbox, 2)} (by CPU ${figure(byCpu, 2)}), e/bare producer ${figure(bare, 2)}`,
      `the last change was acknowledged ${figure(catchUp, 1)} s after the last push was answered`,
      `memory of the gateway at the end beside that after a third of the time ${figure(growth, 2)}`,
      `${figure(pushed)} changes pushed, as many messages on the topic, of ${figure(messageBytes)} bytes on average`,
    ],
    marks: [
      { name: 'changes: e/minimal outbox', value: outbox, atLeast: SHARE_OF_OUTBOX },
      ...(seconds < SUSTAINED
        ? []
        : [{ name: 'changes: memory at the end / after a third', value: growth, atMost: GROWTH }]),
    ],
  };
}
