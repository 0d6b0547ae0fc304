/** A subscription loop keeps its state when PostgreSQL fails between two batches. */
import t from 'tap';
import type { Changes } from '../../../../gateway/changes/changes.ts';
import type { Pool } from '../../../../gateway/store/pool.ts';
import { createLog } from '../../../../gateway/telemetry/log.ts';
import { freshDatabase } from '../../../support/database.ts';
import {
  catalogOf,
  changeOf,
  createFlow,
  grantOf,
  publication,
  recordingSink,
  sinksOver,
  storeOf,
  stream,
  until,
} from '../support.ts';

/** A pool that gives no connection while `broken()`: single statements it runs. */
function withoutTransactions(pool: Pool, broken: () => boolean): Pool {
  return new Proxy(pool, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      const method = member.bind(target);
      return name === 'connect' && broken()
        ? () => Promise.reject(new Error('Connection terminated'))
        : method;
    },
  });
}

t.test('a dead letter that could not be stored is not passed by what comes after it', async (t) => {
  const url = await freshDatabase(t);
  const pool = await storeOf(t, url);
  let failures = 0;
  const broken = () => sink.sent.size > 0 && failures++ === 0;
  const sink = recordingSink();
  sink.refuse = ({ entityversion }) => (entityversion === '2' ? 'too_large' : undefined);
  const catalog = catalogOf(grantOf('TT-1', { fields: ['/name'] }));
  const options = { databaseUrl: url, catalog: () => catalog, openSinks: sinksOver(sink) };
  const provider = await createFlow({ ...options, pool });
  const relay = await createFlow({ ...options, pool: withoutTransactions(pool, broken) });
  t.teardown(() => relay.close());
  await provider.publish(stream, { changes: [changeOf(1, 1), changeOf(1, 2)] }, publication);
  relay.start();
  await until(() => failures > 0);
  // Nothing of this is for the agreement.
  const elsewhere = changeOf(1, 3, { changedFields: ['/members'], name: 'Công ty 1 v2' });
  await provider.publish(stream, { changes: [elsewhere] }, publication);
  await until(async () => (await pool.query('SELECT FROM relay_cursor WHERE position = 3')).rowCount === 1);
  const { rows } = await pool.query('SELECT sequence, version, reason FROM dead_letter');
  t.same(rows, [{ sequence: 2, version: 2, reason: 'too_large' }]);
});

t.test('a destination that is being opened is not waited for at the end', async (t) => {
  const url = await freshDatabase(t);
  const pool = await storeOf(t, url);
  const opening: string[] = [];
  const open = (destination: string) => {
    opening.push(destination);
    return new Promise<void>(() => {});
  };
  const lines: string[] = [];
  const relay = await createFlow({
    ...{ pool, databaseUrl: url, catalog: () => catalogOf(grantOf('TT-1')) },
    log: createLog('info', { write: (line) => void lines.push(line) }),
    openSinks: sinksOver({ ...recordingSink(), open }),
  });
  relay.start();
  await until(() => opening.length === 1);
  await relay.close();
  t.equal(opening.length, 1, 'not opened again');
  t.notMatch(lines.join(''), 'held up', 'that is no trouble');
});

t.test(
  'the changes for a destination that keeps up are batched; closing and a new leader do not wait',
  async (t) => {
    const url = await freshDatabase(t);
    const pool = await storeOf(t, url);
    const sink = { ...recordingSink(), batchWindow: () => 3_600_000 };
    const batches: number[] = [];
    const send: typeof sink.send = async (topic, events, fence) => {
      batches.push(events.length);
      sink.sent.get(topic)!.push(...events);
      if (!fence.held()) throw new Error('the lease is gone');
      return [];
    };
    const catalog = catalogOf(grantOf('TT-1'));
    const open = async () => {
      const changes = await createFlow({
        ...{ pool, databaseUrl: url, catalog: () => catalog, openSinks: sinksOver({ ...sink, send }) },
      });
      changes.start();
      return changes;
    };
    const publish = (to: Changes, version: number) =>
      to.publish(stream, { changes: [changeOf(1, version)] }, publication);
    const first = await open();
    t.teardown(() => first.close());
    await publish(first, 1);
    await until(() => batches.length === 1);
    for (const version of [2, 3, 4]) await publish(first, version);
    await first.close();
    t.same(batches, [1], 'the first at once, the others not yet');
    const next = await open();
    t.teardown(() => next.close());
    await until(() => batches.length === 2);
    t.same(batches, [1, 3], 'together');
    t.same(
      [...sink.sent.values()].flat().map(({ sequence }) => Number(sequence)),
      [1, 2, 3, 4],
    );
  },
);
