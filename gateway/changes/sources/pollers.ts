/**
 * One poller for each registry that is polled, on one replica at a time. Each has its own lease, cursor and pauses: a slow poller
 * delays no other, and two replicas may poll two registries.
 */
import { randomUUID } from 'node:crypto';
import type { Metrics } from '../../telemetry/metrics.ts';
import { seekLease } from '../relay/lease.ts';
import { pollProgress } from './cursor.ts';
import { type PolledPage, type PollOptions, type PollSource, poll } from './poll.ts';

/** Milliseconds. A poller is down when it stored nothing for three rounds and this time, since a page takes many calls. */
const PATIENCE = 120_000;

export interface PollersOptions extends Omit<PollOptions, 'source' | 'onPage' | 'onFailure'> {
  readonly sources: readonly PollSource[];
  readonly metrics: Metrics;
}

export interface Pollers {
  /** The registries that are polled. */
  readonly registries: readonly string[];
  /** From the store, so the same on all replicas. Rejects when PostgreSQL cannot be asked. */
  status(registry: string): Promise<'up' | 'down'>;
  /** Sets the metric of each poller's lag. */
  measure(): Promise<void>;
  start(): void;
  /** Ends polling, and releases the leases. */
  close(): Promise<void>;
}

export function createPollers(options: PollersOptions): Pollers {
  const { sources, metrics, pool, log } = options;
  const leases: { close(): Promise<void> }[] = [];
  const createdAt = performance.now();

  function count(registry: string, { accepted, duplicates, refused, vanished, warned }: PolledPage): void {
    metrics.changesAccepted.inc({ registry }, accepted);
    metrics.changesDuplicate.inc({ registry }, duplicates);
    metrics.pollEntries.inc({ registry, outcome: 'accepted' }, accepted);
    metrics.pollEntries.inc({ registry, outcome: 'duplicate' }, duplicates);
    metrics.pollEntries.inc({ registry, outcome: 'refused' }, refused.length);
    metrics.pollEntries.inc({ registry, outcome: 'vanished' }, vanished);
    for (const check of warned) metrics.checkWarnings.inc({ service: `${registry}.changes.read`, check });
    for (const { reason } of refused) metrics.pollRefused.inc({ registry, reason });
    if (refused.length > 0) log.warn({ registry, refused: refused.length }, 'polled changes were refused');
  }

  function start(source: PollSource): void {
    const { registry } = source;
    metrics.pollLeader.set({ registry }, 0);
    const onPage = (page: PolledPage) => count(registry, page);
    const onFailure = () => metrics.pollFailures.inc({ registry });
    leases.push(
      seekLease({
        pool,
        name: `poll ${registry}`,
        guards: 'poll_cursor',
        holder: randomUUID(),
        log,
        lead: (leadership) => poll({ ...options, source, onPage, onFailure }, leadership),
        onLeader: (leads) => metrics.pollLeader.set({ registry }, leads ? 1 : 0),
      }),
    );
  }

  return {
    registries: sources.map(({ registry }) => registry),
    async status(registry) {
      const source = sources.find((one) => one.registry === registry);
      const progress = (await pollProgress(pool)).find((one) => one.registry === registry);
      const idle = Math.min((progress?.idleSeconds ?? Infinity) * 1000, performance.now() - createdAt);
      return source && idle < 3 * source.every + PATIENCE ? 'up' : 'down';
    },
    async measure() {
      if (sources.length === 0) return;
      const progress = await pollProgress(pool);
      for (const { registry } of sources) {
        const known = progress.find((one) => one.registry === registry)?.lagSeconds;
        // A registry that was never read counts from the start of this process.
        const lag = known ?? (performance.now() - createdAt) / 1000;
        metrics.pollLagSeconds.set({ registry }, Math.max(0, lag));
      }
    },
    start() {
      for (const source of sources) start(source);
    },
    async close() {
      await Promise.all(leases.map((lease) => lease.close()));
    },
  };
}
