import fc from 'fast-check';
import t from 'tap';
import type { MatchAttempt } from '../../../../../gateway/admission/match-attempts.ts';
import type { Granted } from '../../../../../gateway/exchange/call.ts';
import { evenOut, nextMoment, timerClock } from '../../../../../gateway/exchange/steps/service/even-out.ts';
import { Problem } from '../../../../../gateway/problems/problem.ts';

t.test('few moments, each after what it is asked for, and none far away', (t) => {
  const moments = new Set<number>();
  for (let elapsed = 0; elapsed < 1000; elapsed++) moments.add(nextMoment(elapsed));
  t.same([...moments], [10, 20, 40, 80, 160, 320, 480, 640, 800, 960, 1120]);
  fc.assert(
    fc.property(fc.nat(100_000), (elapsed) => {
      const moment = nextMoment(elapsed);
      return moment > elapsed && moment <= Math.max(10, 2 * elapsed) && moment - elapsed <= 160;
    }),
  );
  t.end();
});

const scoped = { declaration: { grant: { scope: {} } } } as unknown as Granted;
const unscoped = { declaration: { grant: { scope: undefined } } } as unknown as Granted;
const attempt = {} as MatchAttempt;
const notFound = new Problem('not_found');

t.test('"not found" waits, nothing else does', async (t) => {
  for (const call of [scoped, { ...unscoped, attempt }]) {
    const begun = timerClock();
    await evenOut({ ...call, begun }, notFound);
    t.ok(timerClock() - begun >= 10);
  }
  // So far ahead that it would have to wait for minutes, if it did.
  const never = timerClock() + 600_000;
  await evenOut({ ...scoped, begun: never }, new Problem('upstream_failed'));
  await evenOut({ ...scoped, begun: never }, new Error('not_found'));
  await evenOut({ ...unscoped, attempt: undefined, begun: never }, notFound);
});
