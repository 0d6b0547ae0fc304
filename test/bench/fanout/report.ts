/** The results of the fan-out as a table, and its marks. */
import type { Memory } from '../changes/memory.ts';
import type { Report } from '../report.ts';
import { figure, megabytes, percent } from '../table.ts';
import type { Paced } from './job.ts';
import type { Lag } from './lag.ts';

export interface Fanout {
  readonly streams: Lag;
  readonly webhooks: Lag;
  /** The look-ups of the same time. */
  readonly asked: Paced;
  readonly resident: Memory | undefined;
  readonly peakBytes: number | undefined;
  /** Of the gateway's process, in the measured time. */
  readonly cpuMicros: number | undefined;
  readonly seconds: number;
  readonly changes: number;
  readonly agreements: number;
  /** Rows of evidence. */
  readonly evidence: number;
}

/** Of issue 4: milliseconds, and of what was resident at first. */
const MOST = { behind: 2000, grown: 1.1 };

export function reportFanout(fanout: Fanout): Report {
  const { streams, webhooks, asked, resident, cpuMicros, seconds, changes, evidence } = fanout;
  const events = streams.events + webhooks.events;
  const times = asked.answeredAt.map((at, index) => at - asked.dueAt[index]!).sort();
  const percentile = (share: number) => times[Math.floor((times.length - 1) * share)]!;
  const row = (name: string, lag: Lag) => [
    name,
    ...[figure(lag.subscribers), figure(lag.events)],
    ...[figure(lag.p50), figure(lag.p99), figure(lag.worst)],
  ];
  return {
    tables: [
      {
        title: `One change to many: ${figure(changes / seconds)} a second for ${seconds} s under ${fanout.agreements} agreements`,
        head: ['', 'number', 'events', 'p50 ms', 'p99 ms', 'worst ms'],
        rows: [
          row('i  streams (server-sent events)', streams),
          row('   webhooks', webhooks),
          [
            '   look-ups meanwhile',
            ...['—', figure(times.length)],
            ...[percentile(0.5), percentile(0.99), percentile(1)].map((time) => figure(time)),
          ],
        ],
      },
    ],
    notes: [
      'everybody got every change of its agreement once, in order, its numbers without gaps',
      `the gateway used ${figure(cpuMicros && cpuMicros / 1e6, 1)} s of CPU (busy ${percent(cpuMicros && cpuMicros / 1e6 / seconds)}), ${figure(cpuMicros && cpuMicros / events)} µs for a delivered event; ${figure(evidence)} rows of evidence`,
      `resident MB after a third of the time and at its end: ${megabytes(resident?.early)}, ${megabytes(resident?.late)}; peak ${megabytes(fanout.peakBytes)}`,
      ...(streams.cuts > 0
        ? [`streams ended ${figure(streams.cuts)} times, and went on where they had been`]
        : []),
      ...asked.faults.map((fault) => `a look-up failed: ${fault}`),
    ],
    marks: [
      {
        name: 'a change reaches the last of all streams and webhooks',
        value: Math.max(streams.worst, webhooks.worst) / 1000,
        unit: ' s',
        atMost: MOST.behind / 1000,
      },
      {
        name: 'fan-out: resident memory, last third beside first',
        value: resident && resident.late / resident.early,
        atMost: MOST.grown,
      },
      { name: 'look-ups that failed meanwhile', value: asked.failed, atMost: 0 },
    ],
  };
}
