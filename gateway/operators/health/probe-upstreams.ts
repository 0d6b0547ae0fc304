/**
 * Asks registries of which nothing was heard for a while, or nothing good, whether they are well (`Probe` in
 * adapters/adapter.ts). Without it a breaker that has opened would stay open until somebody calls, and its alert with it; and a
 * registry that nobody has called would pass for well.
 *
 * Bounded: an upstream is asked at most every five seconds while it is not well, and otherwise only after `every` without an
 * answer; eight at a time, those first that were not asked for longest; each for five seconds at most. What the answer means its breaker decides. Registries of which the
 * catalogue has nothing are not asked.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { Adapter, UpstreamState } from '../../../adapters/adapter.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { stateOf, upstreamStates } from './upstream-state.ts';

const LOOK_EVERY = 1000;
/** Also how long a breaker stays open (`breakerDefaults`). */
const AGAIN_AFTER = 5000;
const AT_ONCE = 8;
const DEADLINE = 5000;

export interface ProbeOptions {
  readonly adapters: ReadonlyMap<string, Adapter>;
  readonly catalog: () => Catalog;
  /** Milliseconds; 0: nobody is asked, and only the states are measured. */
  readonly every: number;
  readonly metrics: Pick<Metrics, 'upstreamState'>;
  /** Milliseconds of `performance.now()`. */
  readonly now?: () => number;
}

export interface UpstreamProbes {
  /** Looks whom to ask, and asks; called every second by itself. */
  look(): void;
  close(): Promise<void>;
}

export function probeUpstreams(options: ProbeOptions): UpstreamProbes {
  const { adapters, catalog, every, metrics, now = () => performance.now() } = options;
  const underWay = new Map<string, Promise<void>>();
  const askedAt = new Map<string, number>();

  /** 0, which is before every other time: it was never asked. */
  const lastAsked = (name: string) => askedAt.get(name) ?? 0;

  /** Is it time to ask? */
  function isDue({ name, breaker, answeredAt, failure }: UpstreamState): boolean {
    const isWell = breaker === 'closed' && failure === undefined && answeredAt !== undefined;
    const since =
      now() - Math.max(askedAt.get(name) ?? Number.NEGATIVE_INFINITY, (isWell && answeredAt) || 0);
    return since >= (isWell ? every : AGAIN_AFTER);
  }

  function ask(adapter: Adapter, name: string): void {
    askedAt.set(name, now());
    const call = { requestId: randomUUIDv7(), deadline: performance.now() + DEADLINE };
    // How it ended the adapter's `upstreams` say.
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
    // Eight that hang are due again as soon as they have failed: in any other order nobody else would ever be asked.
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

/** Registries that are called, or listed for copies. */
function usedIn({ services, streams }: Catalog): Set<string> {
  const called = [...services.values()].filter(({ kind }) => kind !== 'publish');
  return new Set([...called, ...streams.values()].map(({ registry }) => registry));
}
