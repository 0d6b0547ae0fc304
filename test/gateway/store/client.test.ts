/** Queries are limited in time, each way in which they can be asked, and their errors are the store's. */
import t from 'tap';
import { copyIn } from '../../../gateway/evidence/append/copy-in.ts';
import { QueryTimeout, StoreClient } from '../../../gateway/store/client.ts';
import { isStoreError } from '../../../gateway/store/origin.ts';
import { openPool, transaction } from '../../../gateway/store/pool.ts';
import { within } from '../../../gateway/store/time-limits.ts';
import { isStoreUnavailable } from '../../../gateway/store/unavailable.ts';
import { freshDatabase } from '../../support/database.ts';
import { until } from '../../support/until.ts';

const SLEEP = 'SELECT pg_sleep(30)';

const failureOf = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work;
  } catch (error) {
    return error;
  }
  return t.fail('nothing was thrown');
};

t.test('a query that is not answered in time', async (t) => {
  const url = await freshDatabase(t);
  const pool = openPool({ url, name: 'test', max: 1, statementLimit: 60_000, onIdleError: () => {} });
  t.teardown(() => pool.end());
  const asked = {
    'of the pool': () => pool.query(within(50, SLEEP)),
    'in a transaction': () => transaction(pool, (client) => client.query(within(50, SLEEP))),
  };
  for (const [how, ask] of Object.entries(asked)) {
    const error = await failureOf(ask());
    t.ok(error instanceof QueryTimeout, how);
    t.ok(isStoreError(error) && isStoreUnavailable(error));
    t.match(
      (await pool.query('SELECT 1 AS one')).rows,
      [{ one: 1 }],
      'the only connection is another one now',
    );
  }
});

t.test('the limit of a connection holds for queries of one’s own, and for callbacks', async (t) => {
  const url = await freshDatabase(t);
  const holder = new StoreClient({ connectionString: url });
  await holder.connect();
  await holder.query('CREATE TABLE held (text text)');
  await holder.query('BEGIN; LOCK TABLE held');
  const connect = async () => {
    const client = new StoreClient({ connectionString: url, limit: 100 });
    client.on('error', () => {});
    await client.connect();
    t.teardown(() => client.end());
    return client;
  };
  const copying = await connect();
  const copy = copyIn(copying as never, 'COPY held FROM STDIN', Buffer.from('a\n'));
  t.ok((await failureOf(copy)) instanceof QueryTimeout, 'COPY');

  const calling = await connect();
  const heard: unknown[] = [];
  calling.query('SELECT * FROM held', (error: unknown) => heard.push(error));
  await until(() => heard.length > 0);
  await holder.query('COMMIT');
  await holder.end();
  await calling.query('SELECT 1');
  t.equal(heard.length, 1, 'the answer that comes later is nobody’s');
  t.ok(heard[0] instanceof QueryTimeout);
});

t.test('an answer in time leaves no timer behind, and an error says who asked', async (t) => {
  const pool = openPool({ url: await freshDatabase(t), name: 'test', max: 1, onIdleError: () => {} });
  t.teardown(() => pool.end());
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const client = await pool.connect();
  const before = timers();
  const pending = client.query('SELECT 1');
  t.equal(timers(), before + 1, 'control');
  await pending;
  async function whoAsks() {
    await client.query('SELECT wrong');
  }
  const error = await failureOf(whoAsks());
  t.match(error, { code: '42703', stack: /whoAsks/ });
  t.equal(timers(), before);
  client.release();
});
