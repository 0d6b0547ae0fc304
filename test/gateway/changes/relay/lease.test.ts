import t from 'tap';
import { ensureStreams } from '../../../../gateway/changes/intake/append.ts';
import { openCursorBook } from '../../../../gateway/changes/relay/cursors.ts';
import { Fenced } from '../../../../gateway/changes/relay/fence.ts';
import { type Leadership, seekLease } from '../../../../gateway/changes/relay/lease.ts';
import { streamSubscribers } from '../../../../gateway/changes/relay/stream-subscribers.ts';
import type { Subscriber } from '../../../../gateway/changes/relay/subscriber.ts';
import { createTopicCursors } from '../../../../gateway/changes/sinks/kafka/topics/topic-cursors.ts';
import { freshDatabase } from '../../../support/database.ts';
import { catalogOf, gatedPool, grantOf, log, storeOf, until } from '../support.ts';

t.test('one leads; when it closes the other follows, under a later epoch', async (t) => {
  const pool = await storeOf(t, await freshDatabase(t));
  const leaders: { holder: string; leadership: Leadership }[] = [];
  const heldWhileClosing: boolean[] = [];
  const seek = (holder: string) =>
    seekLease({
      pool,
      name: 'test',
      guards: 'relay_cursor',
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
      guards: 'relay_cursor',
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
  const [one, other] = streamSubscribers(catalogOf(grantOf('TT-1'), grantOf('TT-2'))) as [
    Subscriber,
    Subscriber,
  ];
  const cursors = createTopicCursors(pool);
  let fenced = 0;
  const onFenced = () => {
    fenced += 1;
  };
  const old = openCursorBook({ pool, cursors, epoch: 1, onFenced });
  await cursors.take(one, 1);
  await cursors.take(other, 1);
  await Promise.all([
    old.advance(one, { position: 3, sequence: 2 }),
    old.advance(other, { position: 1, sequence: 1 }),
    old.advance(one, { position: 5, sequence: 4 }),
  ]);
  const destination = 'lienthong.business.enterprise.TT-1.g1';
  t.same(await cursors.take(one, 2), { position: 5, sequence: 4, destination });
  const letter = {
    ...{ sink: 'kafka', destination, agreement: 'TT-1', registry: 'business', entity: 'enterprise' },
    ...{ position: 9, sequence: 9, eventId: 'x.1', version: 1, reason: 'too_large' },
  };
  await t.rejects(old.advance(one, { position: 9, sequence: 9 }, [letter]), Fenced);
  t.equal((await pool.query('SELECT FROM dead_letter')).rowCount, 0, 'nor does it leave dead letters');
  await old.advance(other, { position: 2, sequence: 2 });
  t.equal(fenced, 1);
  await t.rejects(cursors.take(one, 1), Fenced);
  await t.rejects(cursors.rewind(pool, one.key, { position: 0, sequence: 0 }, 1), Fenced);
  t.same(await cursors.take(one, 2), { position: 5, sequence: 4, destination });
});
