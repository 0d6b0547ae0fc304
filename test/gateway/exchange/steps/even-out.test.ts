import fc from 'fast-check';
import t from 'tap';
import { evenOut, nextMoment, timerClock } from '../../../../gateway/exchange/steps/even-out.ts';
import { Problem } from '../../../../gateway/problems/problem.ts';

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

t.test('"not found" waits, nothing else does', async (t) => {
  const begun = timerClock();
  await t.rejects(evenOut(begun, Promise.reject(new Problem('not_found'))), { code: 'not_found' });
  t.ok(timerClock() - begun >= 10);
  // So long ago that it would have to wait for minutes, if it did.
  const never = timerClock() + 600_000;
  t.equal(await evenOut(never, Promise.resolve('found')), 'found');
  await t.rejects(evenOut(never, Promise.reject(new Problem('upstream_failed'))), {
    code: 'upstream_failed',
  });
});
