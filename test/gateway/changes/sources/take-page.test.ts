import t, { type Test } from 'tap';
import type { ChangesPage, JournalChange } from '../../../../adapters/adapter.ts';
import { loadCatalog } from '../../../../gateway/catalog/live/load.ts';
import { ensureStreams } from '../../../../gateway/changes/intake/append.ts';
import { Fenced } from '../../../../gateway/changes/relay/fence.ts';
import { movePollCursor, takePollCursor } from '../../../../gateway/changes/sources/cursor.ts';
import { takePage } from '../../../../gateway/changes/sources/take-page.ts';
import { packageDirectories } from '../../../support/contracts.ts';
import { freshDatabase } from '../../../support/database.ts';
import { codeOf, stateOf, storeOf, stream } from '../support.ts';

function polled(n: number, version: number, more: Partial<JournalChange> = {}): JournalChange {
  return {
    entity: 'enterprise',
    subject: codeOf(n),
    version,
    isNew: false,
    occurredAt: '2026-03-01T08:00:00+07:00',
    data: stateOf(n, { name: `Công ty ${n} v${version}` }),
    ...more,
  };
}

async function open(t: Test) {
  const pool = await storeOf(t, await freshDatabase(t));
  await ensureStreams(pool, ['business']);
  return {
    pool,
    /** Stores a page as the poller of an epoch does that read at `from`. */
    take(changes: readonly JournalChange[], epoch: number, from: string | undefined, to: string) {
      const page: ChangesPage = {
        ...{ changes, refused: [], vanished: 0, cursor: to },
        ...{ readUpTo: 1_000_000, more: false, calls: 1 },
      };
      const move = { from, to, readUpTo: page.readUpTo };
      return takePage(pool, stream, page, (client) => movePollCursor(client, 'business', epoch, move));
    },
    async stored() {
      const { rows } = await pool.query(
        'SELECT subject, version, operation, changed_fields AS fields FROM change ORDER BY position',
      );
      return rows;
    },
    async cursor() {
      const { rows } = await pool.query('SELECT cursor, epoch FROM poll_cursor');
      return rows;
    },
  };
}

t.test('a poller that was followed by another stores nothing', async (t) => {
  const { pool, take, stored, cursor } = await open(t);
  t.match(await takePollCursor(pool, 'business', 1), { cursor: undefined, now: Number });
  await take([polled(1, 1)], 1, undefined, 'a');
  t.match(await takePollCursor(pool, 'business', 2), { cursor: 'a' });
  await t.rejects(take([polled(2, 1)], 1, 'a', 'b'), Fenced);
  await t.rejects(takePollCursor(pool, 'business', 1), Fenced);
  t.equal((await stored()).length, 1);
  await take([polled(2, 1)], 2, 'a', 'b');
  t.same(await cursor(), [{ cursor: 'b', epoch: 2 }]);
  t.equal((await stored()).length, 2);
});

t.test('nor does one whose cursor is no longer where it read', async (t) => {
  const { pool, take, stored } = await open(t);
  await takePollCursor(pool, 'business', 1);
  await take([], 1, undefined, 'a');
  await pool.query(`UPDATE poll_cursor SET cursor = 'set by hand'`);
  await t.rejects(take([polled(1, 1)], 1, 'a', 'b'), Fenced);
  t.same(await stored(), []);
});

t.test('a page that cannot be stored moves no cursor', async (t) => {
  const { pool, take, cursor } = await open(t);
  await takePollCursor(pool, 'business', 1);
  await pool.query(`DELETE FROM stream`);
  await t.rejects(take([polled(1, 1)], 1, undefined, 'a'), /has no stream/);
  t.same(await cursor(), [{ cursor: null, epoch: 1 }]);
});

t.test('created, updated, and back after it was deleted', async (t) => {
  const { pool, take, stored } = await open(t);
  await takePollCursor(pool, 'business', 1);
  await take([polled(1, 0, { isNew: true }), polled(2, 5)], 1, undefined, 'a');
  await take([polled(1, 1)], 1, 'a', 'b');
  await pool.query(`UPDATE subject_head SET dimensions = NULL WHERE subject = $1`, [codeOf(2)]);
  await take([polled(2, 6)], 1, 'b', 'c');
  t.same(await stored(), [
    { subject: codeOf(1), version: 0, operation: 'created', fields: [] },
    {
      subject: codeOf(2),
      version: 5,
      operation: 'updated',
      fields: ['/code', '/name', '/headOffice', '/members'],
    },
    { subject: codeOf(1), version: 1, operation: 'updated', fields: ['/name'] },
    { subject: codeOf(2), version: 6, operation: 'created', fields: [] },
  ]);
});

t.test('an entity that the registry has not, and a subject that is none, are refused', async (t) => {
  const { pool, take, stored } = await open(t);
  await takePollCursor(pool, 'business', 1);
  const { refused, accepted } = await take(
    [polled(1, 1, { entity: 'person' }), polled(2, 1, { subject: 'x' }), polled(3, 1)],
    1,
    undefined,
    'a',
  );
  t.equal(accepted, 1);
  t.match(refused, [
    { entity: 'person', reason: 'contract_violation', places: ['/entity'] },
    { subject: 'x', reason: 'contract_violation', places: ['/subject', '/subject'] },
  ]);
  t.equal((await stored()).length, 1);
});

t.test(
  'a day to come, which no push may hold, is taken as the registry recorded it, and counted',
  async (t) => {
    const real = (await loadCatalog(packageDirectories)).streams.get('business.changes.read')!;
    const { pool } = await open(t);
    await takePollCursor(pool, 'business', 1);
    const change = polled(1, 1, {
      subject: '0109000015',
      data: { enterpriseCode: '0109000015', name: 'A', foundingDate: '2099-01-01' },
    });
    const page: ChangesPage = {
      ...{ changes: [change], refused: [], vanished: 0, cursor: 'a' },
      ...{ readUpTo: 1_000_000, more: false, calls: 1 },
    };
    const move = { from: undefined, to: 'a', readUpTo: page.readUpTo };
    const taken = await takePage(pool, real, page, (client) => movePollCursor(client, 'business', 1, move));
    t.match(taken, { accepted: 1, refused: [], warned: ['x-not-future'] });
  },
);
