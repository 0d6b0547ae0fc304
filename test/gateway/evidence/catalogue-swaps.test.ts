/** The records of catalogue swaps are true, also when the answer to COMMIT is lost. */
import t, { type Test } from 'tap';
import type { Swap } from '../../../gateway/catalog/live/live.ts';
import { openCatalogueSwaps } from '../../../gateway/evidence/catalogue-swaps.ts';
import { markStoreError } from '../../../gateway/store/origin.ts';
import type { Client, Pool } from '../../../gateway/store/pool.ts';
import { until } from '../../support/until.ts';
import { keptLog, migratedPool, opened } from './support.ts';

const swap = (before: string, after: string, more: Partial<Swap> = {}): Swap => ({
  ...{ before, after, cause: 'file', operator: undefined, joined: [], ends: [] },
  ...more,
});

const lost = () => markStoreError(new Error('Connection terminated unexpectedly'));

/**
 * A pool on which COMMIT of the next record of a swap is done or not, and not answered; after which there may be no connection.
 */
function breakable(pool: Pool) {
  const faults = { commit: undefined as 'done' | 'not done' | undefined, awayAfter: false, away: false };
  const broken = Object.create(pool, {
    query: {
      value: async (text: string) => {
        if (faults.away) throw lost();
        return pool.query(text);
      },
    },
    connect: {
      value: async () => {
        if (faults.away) throw lost();
        const client = await pool.connect();
        const query = queryOf(client);
        return new Proxy(client, {
          get(target, name) {
            if (name === 'query') return query;
            const value: unknown = Reflect.get(target, name);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        });
      },
    },
  }) as Pool;

  /** `query` of one transaction. */
  function queryOf(client: Client) {
    let records = false;
    return async (...given: unknown[]) => {
      const text = String(given[0]);
      records ||= text.startsWith('INSERT INTO catalogue_swap') && !text.includes('CONFLICT');
      const { commit } = faults;
      if (text !== 'COMMIT' || !commit || !records) return Reflect.apply(client.query, client, given);
      faults.commit = undefined;
      faults.away = faults.awayAfter;
      await client.query(commit === 'done' ? 'COMMIT' : 'ROLLBACK');
      throw lost();
    };
  }

  return { faults, broken };
}

async function world(t: Test) {
  const pool = await migratedPool(t);
  const { faults, broken } = breakable(pool);
  const { log, lines } = keptLog();
  const swaps = openCatalogueSwaps({ pool: broken, evidence: opened(t, pool).evidence, log });
  t.teardown(() => swaps.close());
  /** `before>after cause`, oldest first. */
  const recorded = async () => {
    const { rows } = await pool.query<{ document: Record<string, string> }>(
      'SELECT document FROM catalogue_swap ORDER BY at, id',
    );
    return rows.map(({ document: { before, after, cause } }) => `${before}>${after} ${cause}`);
  };
  const entries = async () => {
    const { rows } = await pool.query<{ count: number }>(
      `SELECT count(*) FROM evidence e JOIN catalogue_swap USING (id) WHERE e.kind = 'catalogue'`,
    );
    return rows[0]!.count;
  };
  return { pool, swaps, faults, lines, recorded, entries };
}

t.test('a record that is there is as good as one that was acknowledged', async (t) => {
  const { swaps, faults, recorded, entries } = await world(t);
  faults.commit = 'done';
  await swaps.record(swap('a', 'b'));
  faults.commit = 'not done';
  await t.rejects(swaps.record(swap('b', 'c')), 'it is not there: called off');
  await swaps.record(swap('b', 'd'));
  t.strictSame(await recorded(), ['a>b file', 'b>d file']);
  t.equal(await entries(), 2);
});

t.test('a swap that was called off, and turns out to be on record', async (t) => {
  const { swaps, faults, recorded, entries, lines } = await world(t);
  Object.assign(faults, { commit: 'done', awayAfter: true });
  await t.rejects(swaps.record(swap('a', 'b')));
  await t.rejects(swaps.record(swap('a', 'c')), 'nothing else is recorded before that is known');
  faults.away = false;
  await until(async () => (await recorded()).length === 2);
  t.strictSame(await recorded(), ['a>b file', 'b>a called_off'], 'without another swap');
  t.equal(lines.filter((line) => line.includes('did not happen')).length, 1);

  // The denial's own COMMIT may be lost as well.
  Object.assign(faults, { commit: 'done', awayAfter: true });
  await t.rejects(swaps.record(swap('a', 'c')));
  Object.assign(faults, { commit: 'done', awayAfter: false, away: false });
  await until(() => faults.commit === undefined);
  // A swap that comes while that COMMIT is still failing is refused with it, and nothing of it is recorded.
  await until(() =>
    swaps.record(swap('a', 'd')).then(
      () => true,
      () => false,
    ),
  );
  t.strictSame((await recorded()).slice(2), ['a>c file', 'c>a called_off', 'a>d file']);
  t.equal(await entries(), 5);
});

t.test('a swap that was called off, and is on no record', async (t) => {
  const { swaps, faults, recorded } = await world(t);
  Object.assign(faults, { commit: 'not done', awayAfter: true });
  await t.rejects(swaps.record(swap('a', 'b')));
  faults.away = false;
  await swaps.record(swap('a', 'b', { cause: 'SIGHUP' }));
  t.strictSame(await recorded(), ['a>b SIGHUP']);
});

t.test('a start that is tried again is recorded once', async (t) => {
  const { swaps, faults, recorded } = await world(t);
  Object.assign(faults, { commit: 'done', awayAfter: true });
  await t.rejects(swaps.recordStart('a'));
  await t.rejects(swaps.recordStart('a'));
  faults.away = false;
  await swaps.recordStart('a');
  t.strictSame(await recorded(), ['null>a start']);
});

t.test('each asker has an entry', async (t) => {
  const { pool, swaps } = await world(t);
  const joined = ['nguyen.van.an', 'tran.thi.binh'].map((operator) => ({ cause: 'admin', operator }));
  await swaps.record(swap('a', 'b', { cause: 'SIGHUP', joined }));
  const { rows } = await pool.query(
    `SELECT reason, officer_id, request_id = (SELECT id::text FROM catalogue_swap) AS same
       FROM evidence WHERE kind = 'catalogue' ORDER BY officer_id NULLS FIRST`,
  );
  t.strictSame(
    rows.map((row) => ({ ...row })),
    [
      { reason: 'SIGHUP', officer_id: null, same: true },
      { reason: 'admin', officer_id: 'nguyen.van.an', same: true },
      { reason: 'admin', officer_id: 'tran.thi.binh', same: true },
    ],
  );
});
