/**
 * Probes registries that have not answered for a while, or have failed (`Probe` in
 * adapters/adapter.ts). Without it an open breaker would stay open until the next call, and its alert with it; and a
 * registry without calls would count as well.
 *
 * Bounded: a failed upstream is probed at most every five seconds, and another only after `every` without an
 * answer; at most eight at a time, the ones with the oldest probe first; each for at most five seconds. The breaker evaluates the
 * answer. Registries without a service in the catalogue are not probed.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { Adapter, UpstreamState } from '../../../adapters/adapter.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { stateOf, upstreamStates } from './upstream-state.ts';

const LOOK_EVERY = 1000;
/** Also the time that a breaker stays open (`breakerDefaults`). */
const AGAIN_AFTER = 5000;
const AT_ONCE = 8;
const DEADLINE = 5000;

export interface ProbeOptions {
  readonly adapters: ReadonlyMap<string, Adapter>;
  readonly catalog: () => Catalog;
  /** Milliseconds; 0: no probes, only the states are measured. */
  readonly every: number;
  readonly metrics: Pick<Metrics, 'upstreamState'>;
  /** Milliseconds of `performance.now()`. */
  readonly now?: () => number;
}

export interface UpstreamProbes {
  /** Chooses registries and probes them; runs every second. */
  look(): void;
  close(): Promise<void>;
}

export function probeUpstreams(options: ProbeOptions): UpstreamProbes {
  const { adapters, catalog, every, metrics, now = () => performance.now() } = options;
  const underWay = new Map<string, Promise<void>>();
  const askedAt = new Map<string, number>();

  /** 0, earlier than any other time: never probed. */
  const lastAsked = (name: string) => askedAt.get(name) ?? 0;

  /** Is a probe due? */
  function isDue({ name, breaker, answeredAt, failure }: UpstreamState): boolean {
    const isWell = breaker === 'closed' && failure === undefined && answeredAt !== undefined;
    const since =
      now() - Math.max(askedAt.get(name) ?? Number.NEGATIVE_INFINITY, (isWell && answeredAt) || 0);
    return since >= (isWell ? every : AGAIN_AFTER);
  }

  function ask(adapter: Adapter, name: string): void {
    askedAt.set(name, now());
    const call = { requestId: randomUUIDv7(), deadline: performance.now() + DEADLINE };
    // The adapter's `upstreams` show the result.
    const asking = adapter.probe(name, call).catch(() => {});
    underWay.set(
      name,
      asking.finally(() => underWay.delete(name)),
    );
  }

  function look(): void {
    const used = every > 0 ? usedIn(catalog()) : new Set();
    const due: { readonly adapter: Adapter; readonly name: string }[] = [];
    for (const adapter of adapters.values()) {
      for (const upstream of adapter.upstreams()) {
        const { name } = upstream;
        const { status } = stateOf(upstream, now(), every);
        for (const state of upstreamStates)
          metrics.upstreamState.set({ upstream: name, state }, state === status ? 1 : 0);
        if (used.has(adapter.registry) && !underWay.has(name) && isDue(upstream)) due.push({ adapter, name });
      }
    }
    // Eight that hang are due again as soon as they have failed: in another order no other one would ever be probed.
    due.sort((a, b) => lastAsked(a.name) - lastAsked(b.name));
    for (const { adapter, name } of due.slice(0, AT_ONCE - underWay.size)) ask(adapter, name);
  }

  look();
  const timer = setInterval(look, LOOK_EVERY).unref();
  return {
    look,
    async close() {
      clearInterval(timer);
      await Promise.all(underWay.values());
    },
  };
}

/** Registries with services, or with entities for copies. */
function usedIn({ services, streams }: Catalog): Set<string> {
  const called = [...services.values()].filter(({ kind }) => kind !== 'publish');
  return new Set([...called, ...streams.values()].map(({ registry }) => registry));
}
