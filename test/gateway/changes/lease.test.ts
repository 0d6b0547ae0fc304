import t from 'tap';
import { ensureStreams } from '../../../gateway/changes/append.ts';
import { openCursorBook, takeCursor } from '../../../gateway/changes/cursors.ts';
import { type Leadership, seekLease } from '../../../gateway/changes/lease.ts';
import { Fenced } from '../../../gateway/changes/sink.ts';
import { freshDatabase } from '../../support/database.ts';
import { gatedPool, grantOf, log, storeOf, until } from './support.ts';

t.test('one leads; when it closes the other follows, under a later epoch', async (t) => {
  const pool = await storeOf(t, await freshDatabase(t));
  const leaders: { holder: string; leadership: Leadership }[] = [];
  const heldWhileClosing: boolean[] = [];
  const seek = (holder: string) =>
    seekLease({
      pool,
      name: 'test',
      holder,
      log,
      async lead(leadership) {
        leaders.push({ holder, leadership });
        await new Promise<void>((resolve) => leadership.closing.addEventListener('abort', () => resolve()));
        heldWhileClosing.push(leadership.held());
      },
    });
  const first = seek('a');
  await until(() => leaders.length === 1);
  const second = seek('b');
  t.teardown(() => second.close());
  await first.close();
  t.same(heldWhileClosing, [true], 'while it finishes it still holds the lease');
  await until(() => leaders.length === 2);
  t.same(
    leaders.map(({ holder, leadership }) => [holder, leadership.epoch, leadership.held()]),
    [
      ['a', 1, false],
      ['b', 2, true],
    ],
  );
});

t.test('a leader that cannot renew stops before another begins', async (t) => {
  const pool = await storeOf(t, await freshDatabase(t));
  const gate = gatedPool(pool);
  const events: string[] = [];
  const seek = (holder: string, over: typeof pool) =>
    seekLease({
      pool: over,
      name: 'test',
      holder,
      log,
      async lead({ signal, closing }) {
        events.push(`${holder} leads`);
        await new Promise<void>((resolve) => {
          for (const end of [signal, closing]) end.addEventListener('abort', () => resolve());
        });
        events.push(`${holder} stops`);
      },
    });
  const first = seek('a', gate.pool);
  t.teardown(() => {
    gate.thaw();
    return first.close();
  });
  await until(() => events.length === 1);
  const second = seek('b', pool);
  t.teardown(() => second.close());
  gate.freeze();
  await until(() => events.includes('b leads'));
  t.same(events, ['a leads', 'a stops', 'b leads']);
});

t.test('the cursors of an old leader move no more', async (t) => {
  const pool = await storeOf(t, await freshDatabase(t));
  await ensureStreams(pool, ['business']);
  const grant = grantOf('TT-1');
  const other = grantOf('TT-2');
  let fenced = 0;
  const old = openCursorBook(pool, 1, () => {
    fenced += 1;
  });
  await takeCursor(pool, grant, 1);
  await takeCursor(pool, other, 1);
  await Promise.all([
    old.advance(grant, { position: 3, sequence: 2 }),
    old.advance(other, { position: 1, sequence: 1 }),
    old.advance(grant, { position: 5, sequence: 4 }),
  ]);
  t.match(await takeCursor(pool, grant, 2), { position: 5, sequence: 4, generation: 1 });
  await t.rejects(old.advance(grant, { position: 9, sequence: 9 }), Fenced);
  await old.advance(other, { position: 2, sequence: 2 });
  t.equal(fenced, 1);
  await t.rejects(takeCursor(pool, grant, 1), Fenced);
  t.match(await takeCursor(pool, grant, 2), { position: 5, sequence: 4 });
});
