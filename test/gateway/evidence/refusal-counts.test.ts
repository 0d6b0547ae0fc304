import t from 'tap';
import { RefusalCounts } from '../../../gateway/evidence/refusal-counts.ts';
import { createMetrics } from '../../../gateway/telemetry/metrics.ts';
import { ownPostgres } from '../../support/database.ts';
import { keptLog, migratedPool, total, twoPools } from './support.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 22, 4, 30, 10);

function counts(pool: Awaited<ReturnType<typeof migratedPool>>) {
  const clock = { now: START };
  const metrics = createMetrics();
  const { log, lines } = keptLog();
  return { clock, metrics, lines, refusals: new RefusalCounts({ pool, metrics, log, now: () => clock.now }) };
}

const stored = async (pool: Awaited<ReturnType<typeof migratedPool>>) =>
  (await pool.query('SELECT minute, source, code, count FROM refusal_count ORDER BY 1, 2, 3')).rows;

t.test('refusals are counted by minute, source and code, over all replicas', async (t) => {
  const pool = await migratedPool(t);
  const one = counts(pool);
  const other = counts(pool);
  one.refusals.add('203.0.113.7', 'token_invalid');
  one.refusals.add('203.0.113.7', 'token_invalid');
  one.refusals.add('203.0.113.7', 'token_missing');
  await one.refusals.flush();
  one.refusals.add('203.0.113.7', 'token_invalid');
  other.refusals.add('203.0.113.7', 'token_invalid');
  one.clock.now += MINUTE;
  one.refusals.add('203.0.113.7', 'token_invalid');
  await Promise.all([one.refusals.close(), other.refusals.close()]);

  const minute = new Date(START - 10_000);
  const next = new Date(START - 10_000 + MINUTE);
  t.same(await stored(pool), [
    { minute, source: '203.0.113.7', code: 'token_invalid', count: 4 },
    { minute, source: '203.0.113.7', code: 'token_missing', count: 1 },
    { minute: next, source: '203.0.113.7', code: 'token_invalid', count: 1 },
  ]);
  t.equal(await total(one.metrics.refusals), 5);
});

t.test('beyond a thousand sources a minute the rest are one', async (t) => {
  const pool = await migratedPool(t);
  const { refusals } = counts(pool);
  for (let i = 0; i < 1500; i++) refusals.add(`2001:db8:${i.toString(16)}::1`, 'token_invalid');
  await refusals.flush();
  refusals.add('203.0.113.7', 'token_invalid');
  refusals.add('2001:db8:1::1', 'token_invalid');
  await refusals.close();
  const { rows } = await pool.query(
    "SELECT count(*) AS rows, sum(count)::int AS refusals, max(count) FILTER (WHERE source = 'other') AS other FROM refusal_count",
  );
  t.same(rows, [{ rows: 1001, refusals: 1502, other: 501 }]);
});

t.test('a text that is no address is no source of its own, and no row that cannot be stored', async (t) => {
  const pool = await migratedPool(t);
  const { refusals, metrics } = counts(pool);
  // As a proxy that we trust may forward it; the last one is of an index's size that PostgreSQL refuses.
  for (const source of ['unknown', '_hidden', '', 'a\0b', 'x'.repeat(10_000)])
    refusals.add(source, 'token_invalid');
  refusals.add('203.0.113.7', 'token_invalid');
  await refusals.close();
  t.match(await stored(pool), [
    { source: '203.0.113.7', count: 1 },
    { source: 'other', count: 5 },
  ]);
  t.equal(await total(metrics.refusals), 6);
});

t.test('a row that the store refuses holds back no other', async (t) => {
  const { owner, pool } = await twoPools(t);
  await owner.query("ALTER TABLE refusal_count ADD CHECK (source NOT IN ('203.0.113.3', '203.0.113.8'))");
  const { refusals, lines, clock } = counts(pool);
  for (let i = 0; i < 10; i++) refusals.add(`203.0.113.${i}`, 'token_invalid');
  await refusals.flush();
  const kept = () =>
    pool
      .query('SELECT source, count::int FROM refusal_count ORDER BY source')
      .then(({ rows }) => rows as { source: string; count: number }[]);
  const good = [0, 1, 2, 4, 5, 6, 7, 9].map((i) => ({ source: `203.0.113.${i}`, count: 1 }));
  t.same(await kept(), good);
  t.equal(lines.filter((line) => line.includes('"level":"error"')).length, 2, 'the operator hears of each');
  clock.now += MINUTE;
  await refusals.close();
  t.same(await kept(), good, 'and it is not tried for ever');
  t.equal(lines.length, 2);
});

t.test('while PostgreSQL is away counts wait, for so many minutes', async (t) => {
  const server = await ownPostgres(t);
  const pool = await migratedPool(t, server.url);
  const { refusals, clock, lines } = counts(pool);
  await server.halt();
  for (let i = 0; i < 70; i++) {
    refusals.add('203.0.113.7', 'token_invalid');
    refusals.add('203.0.113.7', 'token_invalid');
    if (i % 10 === 0) await refusals.flush();
    clock.now += MINUTE;
  }
  t.equal(lines.length, 1, 'one line for the whole outage');
  await server.start();
  await refusals.close();
  const { rows } = await pool.query(
    'SELECT count(*) AS minutes, sum(count)::int AS refusals FROM refusal_count',
  );
  t.same(rows, [{ minutes: 60, refusals: 120 }]);
});
