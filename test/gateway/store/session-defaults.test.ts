/** A database whose administrators have other defaults than PostgreSQL: what the gateway relies on it sets for each connection. */
import t from 'tap';
import { openPool, transaction } from '../../../gateway/store/pool.ts';
import { freshDatabase } from '../../support/database.ts';

for (const level of ['repeatable read', 'serializable']) {
  t.test(`${level}, and moments that are not written in ISO`, async (t) => {
    const url = await freshDatabase(t);
    const options = { url, name: 'test', onIdleError: () => {} };
    const administrator = openPool({ ...options, max: 1 });
    const database = new URL(url).pathname.slice(1);
    await administrator.query(`ALTER DATABASE ${database} SET default_transaction_isolation = '${level}'`);
    await administrator.query(`ALTER DATABASE ${database} SET DateStyle = 'SQL, DMY'`);
    await administrator.query('CREATE TABLE counter AS SELECT 0 AS value');
    await administrator.end();

    const pool = openPool({ ...options, max: 8 });
    t.teardown(() => pool.end());
    // As changes are taken in: whoever waits for the row goes on with what it has become, and is not refused (40001).
    const count = () =>
      transaction(pool, async (client) => {
        await client.query('SELECT 1');
        await client.query('SELECT value FROM counter FOR UPDATE');
        await client.query('UPDATE counter SET value = value + 1');
      });
    await Promise.all(Array.from({ length: 40 }, count));
    const { rows } = await pool.query(
      `SELECT value, timestamptz '2026-11-22T08:00:00+07:00' AS at FROM counter`,
    );
    t.same(rows, [{ value: 40, at: new Date('2026-11-22T01:00:00Z') }]);
  });
}
