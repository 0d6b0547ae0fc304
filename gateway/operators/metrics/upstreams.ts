/** Adapters' reports of their calls, as metrics. */
import type { UpstreamState } from '../../../adapters/adapter.ts';
import type { UpstreamObserver } from '../../../adapters/upstream/upstream.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

const OPENNESS: Readonly<Record<UpstreamState['breaker'], number>> = { closed: 0, 'half-open': 0.5, open: 1 };

export function observeUpstreams(
  metrics: Pick<Metrics, 'upstreamSeconds' | 'upstreamRetries' | 'upstreamBreaker'>,
): UpstreamObserver {
  return {
    finished: (upstream, outcome, seconds) => metrics.upstreamSeconds.observe({ upstream, outcome }, seconds),
    retried: (upstream) => metrics.upstreamRetries.inc({ upstream }),
    breakerChanged(upstream, state) {
      metrics.upstreamBreaker.set({ upstream }, OPENNESS[state]);
      // Also reported for a new upstream: a counter that appears with its first event shows no increase.
      metrics.upstreamRetries.inc({ upstream }, 0);
    },
  };
}
