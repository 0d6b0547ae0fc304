/** Runs the sinks: each has a leader that relays to it, and a measure of its backlog. */
import { randomUUID } from 'node:crypto';
import type { Metrics } from '../telemetry/metrics.ts';
import { seekLease } from './relay/lease.ts';
import { type RelayOptions, relay } from './relay/relay.ts';
import type { Backlog, ChangeSink } from './relay/sink.ts';

export interface RunSinksOptions extends Omit<RelayOptions, 'sink' | 'metrics'> {
  readonly sinks: readonly ChangeSink[];
  readonly metrics: RelayOptions['metrics'] & Pick<Metrics, 'outboxDepth' | 'outboxOldestSeconds'>;
  /** Called with the backlogs of all sinks, as they were measured last. */
  readonly onMeasured: (backlogs: readonly Backlog[]) => void;
}

/** A sink, as seen from outside the event flow. */
export interface SinkStatus extends Pick<ChangeSink, 'name' | 'refusals' | 'outcomes' | 'losses'> {
  /** Does this replica relay to it? */
  readonly leads: boolean;
  /** By registry, as they were measured last. */
  readonly backlogs: readonly Backlog[];
}

export interface RunningSink {
  readonly status: SinkStatus;
  /** Absent: it is measured with the others. */
  readonly measuring: ChangeSink['measuring'];
  /** Rejects with PostgreSQL's error. */
  measure(): Promise<void>;
  /** Takes the lease when it is free, and relays while it is held. @returns a function that stops in good order */
  lead(): () => Promise<void>;
}

/** Starts nothing: `lead` and `measure` do. */
export function runSinks(options: RunSinksOptions): readonly RunningSink[] {
  const { sinks, pool, metrics, log, onMeasured } = options;

  const running = sinks.map((sink): RunningSink => {
    const { name, refusals, outcomes, losses, measuring, transport, cursors } = sink;
    let leads = false;
    let backlogs: readonly Backlog[] = [];
    return {
      status: {
        ...{ name, refusals, outcomes, losses },
        get leads() {
          return leads;
        },
        get backlogs() {
          return backlogs;
        },
      },
      measuring,
      async measure() {
        backlogs = await sink.backlog();
        for (const { registry, depth, oldestSeconds } of backlogs) {
          metrics.outboxDepth.set({ sink: name, registry }, depth);
          metrics.outboxOldestSeconds.set({ sink: name, registry }, oldestSeconds);
        }
        onMeasured(running.flatMap(({ status }) => status.backlogs));
      },
      lead() {
        const lease = seekLease({
          ...{ pool, log, name: `relay ${name}`, guards: cursors.table, holder: randomUUID() },
          drain: transport.drain,
          lead: async (leadership) => {
            await Promise.all([relay({ ...options, sink }, leadership), sink.keep?.(leadership)]);
          },
          onLeader(now) {
            leads = now;
            sink.onLeader?.(now);
          },
        });
        return () => lease.close();
      },
    };
  });

  return running;
}
