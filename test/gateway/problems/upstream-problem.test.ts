import t from 'tap';
import { UpstreamError } from '../../../adapters/adapter.ts';
import { upstreamProblem } from '../../../gateway/problems/upstream-problem.ts';

t.test('a failure that lasts until an operator acts is no reason to wait', (t) => {
  for (const reason of ['not_configured', 'province_not_connected']) {
    const problem = upstreamProblem(new UpstreamError('unavailable', { reason, retryAfter: 60 }));
    t.match(problem, { code: 'registry_not_connected', status: 503, members: { reason } });
    t.equal(problem.members.retryAfter, undefined, reason);
  }
  const busy = upstreamProblem(new UpstreamError('unavailable'));
  t.match(busy, { code: 'upstream_unavailable', status: 503, members: { retryAfter: 5 } });
  t.end();
});
