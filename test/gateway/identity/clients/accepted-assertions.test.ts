import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { createAcceptedAssertions } from '../../../../gateway/identity/clients/accepted-assertions.ts';
import { freshPool, NOW, recordingLog } from '../support/identity.ts';

t.test('expired assertions are swept, with a margin for clocks that differ', async (t) => {
  const pool = await freshPool(t);
  const clock = { at: NOW };
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const accepted = createAcceptedAssertions({ pool, now: () => clock.at, log: recordingLog() });
  t.teardown(() => accepted.close());
  const count = async () => (await pool.query('SELECT 1 FROM accepted_assertion')).rowCount;

  t.equal(await accepted.accept('H26.motcua', 'a', NOW + 90_000), true);
  t.equal(await accepted.accept('H26.motcua', 'b', NOW + 91_000), true);
  t.equal(await accepted.accept('H26.motcua', 'a', NOW + 90_000), false);
  t.equal(await count(), 2);

  clock.at = NOW + 90_000 + 5 * 60_000 + 1;
  mock.timers.tick(60_000);
  while ((await count()) === 2) await turn();
  t.equal(await count(), 1);
  t.equal(await accepted.accept('H26.motcua', 'b', NOW + 91_000), false, 'the other one is still known');
});
