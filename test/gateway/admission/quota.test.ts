import t from 'tap';
import { openQuotas, type Quotas } from '../../../gateway/admission/quota.ts';
import type { Agreement } from '../../../gateway/catalog/catalog.ts';
import type { Pool } from '../../../gateway/store/pool.ts';
import { periodOf } from '../../../gateway/time/periods.ts';
import { ownPostgres } from '../../support/database.ts';
import { agreement, log, migratedPool } from './support.ts';

/** 22 November 2026, 11:00 in Vietnam. */
const NOON = Date.UTC(2026, 10, 22, 4);

function replica(pool: Pool, clock = { now: NOON }) {
  return openQuotas({ pool, log, now: () => clock.now, idle: 3_600_000 });
}

/** How many of `calls` simultaneous calls are granted. */
async function granted(quotas: Quotas, terms: Agreement, calls: number): Promise<number> {
  const answers = await Promise.all(Array.from({ length: calls }, () => quotas.take(terms)));
  return answers.filter(Boolean).length;
}

/** Are so many calls granted from the reserved ones, without a promise? */
function grantedAtOnce(quotas: Quotas, terms: Agreement, calls: number): boolean {
  return Array.from({ length: calls }, () => quotas.take(terms)).every((answer) => answer === true);
}

const reserved = async (pool: Pool) =>
  Object.fromEntries(
    (await pool.query('SELECT period, reserved FROM quota_use')).rows.map((row) => [
      row.period,
      row.reserved,
    ]),
  );

t.test('periods are calendar days and months of Vietnam', async (t) => {
  const midnight = Date.UTC(2026, 10, 22, 17);
  t.same(periodOf('day', midnight - 1), { name: '2026-11-22', end: midnight });
  t.same(periodOf('day', midnight), { name: '2026-11-23', end: midnight + 86_400_000 });
  const newYear = Date.UTC(2026, 11, 31, 17);
  t.same(periodOf('month', newYear - 1), { name: '2026-12', end: newYear });
  t.same(periodOf('month', newYear), { name: '2027-01', end: Date.UTC(2027, 0, 31, 17) });
});

t.test('a quota of 5 allows exactly 5', async (t) => {
  const pool = await migratedPool(t);
  const quotas = replica(pool);
  const terms = agreement({ quota: { perDay: 5 } });
  t.equal(quotas.retryAfter(terms), undefined);
  for (let i = 0; i < 5; i++) t.equal(await quotas.take(terms), true);
  t.equal(await quotas.take(terms), false);
  t.equal(quotas.take(terms), false, 'known: at once');
  t.equal(quotas.retryAfter(terms), 13 * 3600, 'until midnight');
  t.same(await quotas.remaining(terms), { day: 0 });
  await quotas.close();
});

for (const [count, limit] of [
  [2, 1],
  [2, 5],
  [2, 100],
  [2, 2000],
  [2, 50_000],
  [7, 5],
  [7, 2000],
] as const) {
  t.test(`${count} replicas share a quota of ${limit}: exactly that many calls are granted`, async (t) => {
    const pool = await migratedPool(t);
    const terms = agreement({ quota: { perDay: limit } });
    const replicas = Array.from({ length: count }, () => replica(pool));
    // Twenty callers of each replica, which call until they are refused.
    const callers = replicas.flatMap((quotas) => Array<Quotas>(20).fill(quotas));
    let calls = 0;
    await Promise.all(
      callers.map(async (quotas) => {
        while (await quotas.take(terms)) calls++;
      }),
    );
    t.equal(calls, limit);
    t.same(await reserved(pool), { '2026-11-22': limit });
    for (const quotas of replicas) {
      t.equal(await quotas.take(terms), false);
      await quotas.close();
    }
  });
}

t.test('the last calls are not stranded: one replica stops early, another gets the rest', async (t) => {
  const pool = await migratedPool(t);
  const terms = agreement({ quota: { perDay: 10_000 } });
  const clock = { now: NOON };
  const one = replica(pool, clock);
  const other = replica(pool, clock);
  t.equal(await granted(one, terms, 100), 100);
  await one.close();
  let rest = 0;
  while (await other.take(terms)) rest++;
  t.equal(rest, 9900);
  await other.close();
});

t.test('a reserved chunk is spent without asking, and the next one is fetched ahead', async (t) => {
  const pool = await migratedPool(t);
  let queries = 0;
  const counted: Pool = Object.create(pool, {
    query: {
      value: (...args: Parameters<Pool['query']>) => {
        queries++;
        return pool.query(...args);
      },
    },
  });
  const quotas = replica(counted);
  const terms = agreement({ quota: { perDay: 1_000_000 } });
  t.equal(await quotas.take(terms), true);
  t.equal(queries, 1);
  t.ok(grantedAtOnce(quotas, terms, 700));
  t.equal(queries, 1);
  for (let i = 0; i < 100; i++) quotas.take(terms);
  t.equal(queries, 2, 'before the chunk of 1,000 is spent');
  await quotas.close();
  t.same(await reserved(pool), { '2026-11-22': 801 });
});

t.test('day and month both count; a call refused by one takes nothing of the other', async (t) => {
  const pool = await migratedPool(t);
  const clock = { now: NOON };
  const quotas = replica(pool, clock);
  const terms = agreement({ quota: { perDay: 10, perMonth: 15 } });
  t.equal(await granted(quotas, terms, 12), 10);
  t.same(await quotas.remaining(terms), { day: 0, month: 5 });
  t.equal(quotas.retryAfter(terms), 13 * 3600);

  clock.now += 86_400_000;
  t.equal(await granted(quotas, terms, 12), 5);
  t.same(await quotas.remaining(terms), { day: 5, month: 0 });
  t.equal(quotas.retryAfter(terms), (7 * 24 + 13) * 3600, 'until the month ends');

  clock.now = Date.UTC(2026, 10, 30, 17);
  t.equal(quotas.retryAfter(terms), undefined);
  t.equal(await granted(quotas, terms, 12), 10);
  await quotas.close();
  t.match(await reserved(pool), { '2026-11-22': 10, '2026-12-01': 10, '2026-11': 15, '2026-12': 10 });
});

t.test('other terms count from what was used under the old', async (t) => {
  const pool = await migratedPool(t);
  const quotas = replica(pool);
  t.equal(await granted(quotas, agreement({ quota: { perDay: 20 } }), 12), 12);
  t.equal(await granted(quotas, agreement({ quota: { perDay: 10 } }), 3), 0);
  t.equal(await granted(quotas, agreement({ quota: { perDay: 15 } }), 9), 3);
  t.equal(await granted(quotas, agreement({ quota: { perDay: 0 } }), 1), 0);
  t.equal(quotas.take(agreement()), true, 'no quota, no limit');
  await quotas.close();
});

t.test('untouched reservations are given back', async (t) => {
  const pool = await migratedPool(t);
  const quotas = openQuotas({ pool, log, idle: 5 });
  const terms = agreement({ quota: { perMonth: 100_000 } });
  await quotas.take(terms);
  for (;;) {
    if (Object.values(await reserved(pool))[0] === 1) break;
  }
  t.pass();
  await quotas.close();
});

t.test('without PostgreSQL: what is in hand, then 503; never more than the quota', async (t) => {
  const server = await ownPostgres(t);
  const pool = await migratedPool(t, server.url);
  const quotas = replica(pool);
  const terms = agreement({ quota: { perDay: 25_600 } });
  t.equal(await quotas.take(terms), true);
  await server.halt();
  t.ok(grantedAtOnce(quotas, terms, 99));
  await t.rejects(async () => quotas.take(terms), { code: 'store_unavailable', status: 503 });
  await t.rejects(quotas.remaining(terms), { code: 'store_unavailable' });
  await server.start();
  t.equal(await quotas.take(terms), true);
  await quotas.close();
  t.same(Object.values(await reserved(pool)), [101]);
});
