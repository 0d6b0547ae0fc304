import t from 'tap';
import { createMetrics } from '../../../gateway/telemetry/metrics.ts';
import { promtool } from '../operators/metrics/promtool.ts';

t.test('promtool accepts every metric, with its labels', async (t) => {
  const metrics = createMetrics();
  const sample = { service: 'business.enterprise.lookup@1', agency: 'G12', outcome: 'ok' };
  metrics.requests.inc(sample);
  metrics.requestSeconds.observe({ service: sample.service, outcome: 'ok' }, 0.01);
  metrics.refusals.inc({ code: 'token_invalid' });
  metrics.tokens.inc({ outcome: 'ok' });
  metrics.matchAttemptsExhausted.inc({ agreement: 'TT-2026-H26-01' });
  metrics.upstreamSeconds.observe({ upstream: 'land/01', outcome: 'ok' }, 0.01);
  metrics.upstreamRetries.inc({ upstream: 'land/01' });
  metrics.upstreamBreaker.set({ upstream: 'land/01' }, 0.5);
  metrics.evidenceCommitSeconds.observe(0.001);
  metrics.evidenceEntries.inc({ kind: 'disclosure' });
  metrics.dependencyUp.set({ dependency: 'registry land/01' }, 1);
  metrics.buildInfo.set({ version: '0.1.0', node: process.version, catalogue: 'abc' }, 1);
  const text = await metrics.register.metrics();
  t.match(text, /^lienthong_nodejs_eventloop_lag_seconds /m, 'event-loop lag is among them');
  promtool(t, ['check', 'metrics'], text);
});

t.test('two applications in one process have their own', async (t) => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.tokens.inc({ outcome: 'ok' });
  t.same((await other.tokens.get()).values, []);
});
