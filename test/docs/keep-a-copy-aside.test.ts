/** The example's table, when it does not take a row: on a real PostgreSQL, with what the gateway once passed on. */
import pg from 'pg';
import t, { type Test } from 'tap';
import type { Row } from '../../docs/examples/keep-a-copy/row.ts';
import { openTable } from '../../docs/examples/keep-a-copy/table.ts';
import { freshDatabase } from '../support/database.ts';

const start = { feed: { after: 'x' } };

async function setUp(t: Test) {
  const url = await freshDatabase(t);
  const events: { event: string; subject?: string; version?: number; reason?: string }[] = [];
  const table = await openTable(url, 'business/enterprise', (event, details) =>
    events.push({ event, ...details }),
  );
  t.teardown(() => table.close());
  const client = new pg.Client(url);
  await client.connect();
  t.teardown(() => client.end());
  const query = async (text: string) => (await client.query(text)).rows;
  await table.beginSnapshot('G12.thue', start, 'feed');
  return {
    table,
    events,
    query,
    copied: () => query(`SELECT subject, version::int, state->>'name' AS name FROM copy ORDER BY subject`),
    aside: () => query('SELECT subject, version::int, reason FROM copy_aside ORDER BY subject'),
  };
}

const row = (subject: string, version: number, name?: string): Row => ({
  subject,
  version,
  ...(name !== undefined && { state: { name } }),
});

/** NUL and half of a surrogate pair: `jsonb` has neither. */
const faults: [name: string, text: string, reason: string][] = [
  ['NUL', 'A\0B', '22P05'],
  ['half of a surrogate pair', 'A\ud800B', '22P02'],
];

for (const [name, text, reason] of faults) {
  t.test(`${name}: the row is set aside, and the others are applied`, async (t) => {
    const { table, events, copied, aside } = await setUp(t);
    await table.applyListed([row('a', 1, 'one'), row('b', 1, text), row('c', 1, 'three')], undefined);
    t.same(await copied(), [
      { subject: 'a', version: 1, name: 'one' },
      { subject: 'c', version: 1, name: 'three' },
    ]);
    t.same(await aside(), [{ subject: 'b', version: 1, reason }]);
    t.same(events, [{ event: 'set-aside', subject: 'b', version: 1, reason }]);

    await table.applyPage(
      [row('a', 2, text), row('b', 2, text), row('c', 2, 'three 2'), row('d', 1)],
      'y',
      4,
    );
    t.match(await table.progress(), { feedAfter: 'y', sequence: 4 }, 'what was read is noted');
    t.same(await copied(), [
      { subject: 'a', version: 1, name: 'one' },
      { subject: 'c', version: 2, name: 'three 2' },
      { subject: 'd', version: 1, name: null },
    ]);
    t.same(await aside(), [
      { subject: 'a', version: 2, reason },
      { subject: 'b', version: 2, reason },
    ]);
    t.same(
      await table.rows(),
      [
        { subject: 'a', version: 2, state: { name: text }, listed: false },
        { subject: 'b', version: 2, state: { name: text }, listed: true },
        { subject: 'c', version: 2, state: { name: 'three 2' } },
      ],
      'the digest is over the rows as they came',
    );
    t.equal(await table.retryAside(), 2, 'it is tried again, and reported once');
    t.equal(events.filter(({ event }) => event === 'set-aside').length, 3);

    await table.applyPage([row('a', 3, 'good'), row('b', 1, text), row('b', 3)], 'z', 7);
    t.same(await aside(), [], 'a newer version takes its place');
    t.match(await copied(), [
      { subject: 'a', version: 3, name: 'good' },
      { subject: 'b', version: 3, name: null },
    ]);
  });
}

t.test('an older one than the table has is not set aside', async (t) => {
  const { table, copied, aside } = await setUp(t);
  await table.applyPage([row('a', 5, 'five')], 'x', 1);
  await table.applyPage([row('a', 4, '\0'), row('b', 1, 'one')], 'y', 3);
  t.same(await aside(), []);
  t.match(await copied(), [{ name: 'five' }, { name: 'one' }]);
});

t.test('two versions in one page: the one that fits is applied', async (t) => {
  const { table, copied, aside } = await setUp(t);
  await table.applyPage([row('a', 1, 'one'), row('a', 2, '\0')], 'x', 2);
  t.match(await copied(), [{ version: 1, name: 'one' }]);
  t.match(await aside(), [{ version: 2 }]);
  await table.applyEvents([
    { ...row('a', 3, '\ud800'), sequence: 1 },
    { ...row('a', 4, 'four'), sequence: 2 },
  ]);
  t.match(await copied(), [{ version: 4, name: 'four' }]);
  t.same(await aside(), []);
});

t.test('a constraint of the owner: tried again when it is gone', async (t) => {
  const { table, events, query, copied, aside } = await setUp(t);
  await query(`ALTER TABLE copy ADD CONSTRAINT short CHECK (length(state->>'name') < 9)`);
  await table.applyListed([row('a', 1, 'short'), row('b', 1, 'a long name')], undefined);
  await table.applyPage([row('a', 2, 'another long name')], 'y', 1);
  t.match(events, [
    { subject: 'b', reason: '23514 short' },
    { subject: 'a', reason: '23514 short' },
  ]);
  t.match(await copied(), [{ subject: 'a', version: 1, name: 'short' }]);
  await query('ALTER TABLE copy DROP CONSTRAINT short');
  t.equal(await table.retryAside(), 0);
  t.same(await aside(), []);
  t.match(await copied(), [
    { subject: 'a', version: 2, name: 'another long name' },
    { subject: 'b', version: 1, name: 'a long name' },
  ]);
});

t.test('a row that is not listed is gone, also aside; a listed one is not', async (t) => {
  const { table, copied, aside } = await setUp(t);
  await table.applyListed([row('a', 1, '\0'), row('b', 1, 'two'), row('c', 1, '\0')], undefined);
  await table.beginSnapshot('G12.thue', start, 'feed');
  await table.applyListed([row('b', 1, '\0'), row('c', 0, '\0')], undefined);
  t.match(
    await aside(),
    [{ subject: 'b' }, { subject: 'c', version: 0 }],
    'a listing is newer, whatever its version',
  );
  t.match(await copied(), [{ subject: 'b', version: 1, name: 'two' }]);
  await table.replaceRanges(['c', 'b'], [row('c', 1, 'three')]);
  t.same(await aside(), []);
  t.match(await copied(), [
    { subject: 'b', name: null },
    { subject: 'c', name: 'three' },
  ]);
});

t.test('a look that failed leaves no connection behind in which nothing works', async (t) => {
  const { table, query } = await setUp(t);
  await table.applyPage([row('a', 1, 'one')], 'y', 1);
  await query('ALTER TABLE copy RENAME TO elsewhere');
  await t.rejects(table.rows(), { code: '42P01' });
  await query('ALTER TABLE elsewhere RENAME TO copy');
  t.match(await table.progress(), { sequence: 1 });
  t.match(await table.rows(), [{ subject: 'a' }]);
});

t.test('trouble that is not about rows is not for rows to bear', async (t) => {
  const { table, query, aside } = await setUp(t);
  await query('ALTER TABLE copy RENAME TO elsewhere');
  await t.rejects(table.applyPage([row('a', 1, 'one')], 'y', 1), { code: '42P01' });
  t.same(await aside(), []);
  t.match(await table.progress(), { sequence: 0 }, 'nothing was read');
});
