/**
 * A replica that stands still in the middle of storing changes (stopped, swapped out, cut off from the network) holds the
 * lock of the registry's stream, and its connection may live for hours.
 */
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { createIntakeSlots } from '../../../gateway/changes/intake/intake-slots.ts';
import { Problem } from '../../../gateway/problems/problem.ts';
import { openPool, transaction } from '../../../gateway/store/pool.ts';
import { freshDatabase } from '../../support/database.ts';
import {
  catalogOf,
  changeOf,
  createFlow,
  grantOf,
  healthOf,
  publication,
  recordingSink,
  sinksOver,
  storeOf,
  stream,
  until,
} from './support.ts';

t.test('others store and relay changes all the same', async (t) => {
  const url = await freshDatabase(t);
  const control = await storeOf(t, url);
  // As large as a replica's.
  const pool = openPool({ url, name: 'test', max: 12, onIdleError: () => {} });
  t.teardown(() => pool.end());
  const sink = recordingSink();
  const catalog = catalogOf(grantOf('TT-1'));
  const changes = await createFlow({
    ...{ pool, databaseUrl: url, catalog: () => catalog, openSinks: sinksOver(sink) },
  });
  changes.start();
  t.teardown(() => changes.close());
  await until(() => healthOf(changes).leads);

  // Silent as a process is that was stopped: no query, no end.
  const never = new AbortController();
  const standing = transaction(control, async (client) => {
    await client.query(`SELECT last FROM stream WHERE registry = 'business' FOR UPDATE`);
    await wait(60_000, undefined, { signal: never.signal });
  });
  standing.catch(() => {});
  const holders = `SELECT FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE '%FOR UPDATE'`;
  await until(async () => (await control.query(holders)).rowCount === 1);

  let held = true;
  const leading = (async () => {
    const samples: boolean[] = [];
    while (held) {
      const { rows } = await control.query('SELECT expires_at > clock_timestamp() AS led FROM relay_lease');
      samples.push(rows[0].led);
      await wait(50);
    }
    return samples;
  })();
  const pushes = Array.from({ length: 40 }, (_, n) =>
    changes.publish(stream, { changes: [changeOf(n, 1)] }, publication),
  );
  const outcomes = await Promise.allSettled(pushes);
  held = false;
  t.same(
    outcomes.filter(({ status }) => status === 'rejected'),
    [],
    'every push is stored once PostgreSQL has ended the transaction',
  );
  t.ok((await leading).every(Boolean), 'and the relay is led all the while');
  await until(() => sink.sent.get('lienthong.business.enterprise.TT-1.g1')?.length === 40);
  never.abort();
  await t.rejects(standing);
});

t.test('pushes beyond the queue are refused with Retry-After', async (t) => {
  const slots = createIntakeSlots();
  const gate = Promise.withResolvers<void>();
  const order: number[] = [];
  const outcomes = Array.from({ length: 100 }, (_, n) =>
    slots.take('business', async () => {
      await gate.promise;
      order.push(n);
    }),
  );
  t.equal(await slots.take('land', async () => 'another registry'), 'another registry');
  const settled = Promise.allSettled(outcomes);
  gate.resolve();
  const refused = (await settled).filter((outcome) => outcome.status === 'rejected');
  t.ok(refused.length > 0 && order.length + refused.length === 100);
  t.ok(
    refused.every(
      ({ reason }) =>
        reason instanceof Problem && reason.code === 'overloaded' && reason.members.retryAfter === 1,
    ),
  );
  t.same(
    order,
    order.toSorted((a, b) => a - b),
    'in order of arrival',
  );
  await slots.take('business', async () => t.pass('and then it goes on'));
});
