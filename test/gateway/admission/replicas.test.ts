import t from 'tap';
import { openReplicas } from '../../../gateway/admission/replicas.ts';
import { ownPostgres } from '../../support/database.ts';
import { log, migratedPool } from './support.ts';

t.test('replicas count each other, and forget who leaves or falls silent', async (t) => {
  const pool = await migratedPool(t);
  const clock = { now: 0 };
  const now = () => clock.now;
  const one = await openReplicas({ pool, log, now });
  t.teardown(() => one.close());
  t.equal(one.live(), 1);
  const two = await openReplicas({ pool, log, now });
  t.equal(two.live(), 2);
  await one.beat();
  t.equal(one.live(), 2);

  clock.now = 10_000;
  await two.close();
  await one.beat();
  t.equal(one.live(), 1, 'left');

  await pool.query("INSERT INTO replica VALUES (gen_random_uuid(), now() + interval '1 minute')");
  await pool.query("INSERT INTO replica VALUES (gen_random_uuid(), now() - interval '4 seconds')");
  await pool.query("INSERT INTO replica VALUES (gen_random_uuid(), now() - interval '2 minutes')");
  await one.beat();
  t.equal(one.live(), 2, 'seen lately counts, seen four seconds ago does not');
  t.same((await pool.query('SELECT count(*) FROM replica')).rows, [{ count: 3 }], 'long silent: deleted');
});

t.test(
  'while PostgreSQL is away the last number stays, and it does not fall at once when it is back',
  async (t) => {
    const server = await ownPostgres(t);
    const pool = await migratedPool(t, server.url);
    const clock = { now: 0 };
    const one = await openReplicas({ pool, log, now: () => clock.now });
    t.teardown(() => one.close());
    await pool.query(
      "INSERT INTO replica SELECT gen_random_uuid(), now() + interval '1 hour' FROM generate_series(1, 2)",
    );
    await one.beat();
    t.equal(one.live(), 3);

    await server.halt();
    clock.now = 10_000;
    await one.beat();
    t.equal(one.live(), 3);

    await server.start();
    await pool.query('DELETE FROM replica');
    await one.beat();
    t.equal(one.live(), 3, 'the others may only not have come back yet');
    clock.now = 12_999;
    await one.beat();
    t.equal(one.live(), 3);
    clock.now = 13_000;
    await one.beat();
    t.equal(one.live(), 1);
  },
);

t.test('a start without PostgreSQL counts itself', async (t) => {
  const server = await ownPostgres(t);
  const pool = await migratedPool(t, server.url);
  await server.halt();
  const one = await openReplicas({ pool, log });
  t.equal(one.live(), 1);
  await one.close();
});
