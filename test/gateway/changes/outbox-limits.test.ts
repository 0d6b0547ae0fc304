/** How far the outbox may grow: back-pressure towards pushes, and retention whatever a sink does. */
import t from 'tap';
import { freePort } from '../../../deploy/sandbox/processes/free-port.ts';
import { createBacklogGate } from '../../../gateway/changes/backlog/backlog-gate.ts';
import { prune } from '../../../gateway/changes/outbox/prune.ts';
import { Problem } from '../../../gateway/problems/problem.ts';
import { configOf } from './sinks/kafka/support.ts';
import {
  catalogOf,
  changeOf,
  grantOf,
  healthOf,
  publication,
  recordingSink,
  sinksOver,
  startFlow,
  stream,
  until,
} from './support.ts';

t.test('closes above the limit, opens below four fifths of it, for each registry', async (t) => {
  const gate = createBacklogGate(100);
  const closed = (registry: string) => {
    try {
      gate.pass(registry);
      return false;
    } catch (error) {
      t.ok(error instanceof Problem && error.code === 'outbox_full' && (error.members.retryAfter ?? 0) > 0);
      return true;
    }
  };
  const measure = (business: number, land = 0) =>
    gate.measured([
      { registry: 'business', typical: business },
      { registry: 'land', typical: land },
    ]);
  t.equal(closed('business'), false, 'nothing measured yet');
  measure(100);
  t.equal(closed('business'), false);
  measure(101);
  t.same([closed('business'), closed('land')], [true, false]);
  measure(81);
  t.equal(closed('business'), true, 'not yet');
  measure(80);
  t.equal(closed('business'), false);
  measure(100);
  t.equal(closed('business'), false, 'and stays open up to the limit');
});

t.test('pushes are refused while the sink is too far behind, and taken again when it is not', async (t) => {
  const sink = recordingSink();
  let release = () => {};
  sink.hold = new Promise((resolve) => {
    release = resolve;
  });
  const { changes, pool } = await startFlow(t, {
    catalog: catalogOf(grantOf('TT-1')),
    openSinks: sinksOver(sink),
    config: { outboxMaxBacklog: 50 },
  });
  let version = 0;
  const publish = () => {
    version += 1;
    const batch = Array.from({ length: 30 }, (_, n) => changeOf(n, version));
    return changes.publish(stream, { changes: batch }, publication);
  };
  const refused = async () => {
    try {
      await publish();
      return false;
    } catch (error) {
      return error instanceof Problem && error.code === 'outbox_full';
    }
  };
  await until(refused);
  const stored = await pool.query<{ last: number }>('SELECT last FROM stream');
  t.ok(stored.rows[0]!.last > 50);
  release();
  await until(async () => !(await refused()));
});

t.test('one stream in trouble refuses nobody', async (t) => {
  const sink = recordingSink();
  const { changes } = await startFlow(t, {
    catalog: catalogOf(grantOf('TT-1'), grantOf('TT-2'), grantOf('TT-STUCK')),
    openSinks: sinksOver({
      ...sink,
      async send(topic, events, fence) {
        if (topic.includes('STUCK')) throw new Error('not authorised');
        return sink.send(topic, events, fence);
      },
    }),
    config: { outboxMaxBacklog: 50 },
  });
  for (let version = 1; version <= 4; version++) {
    const batch = Array.from({ length: 30 }, (_, n) => changeOf(n, version));
    await changes.publish(stream, { changes: batch }, publication);
  }
  await until(() => healthOf(changes).backlogs[0]?.depth === 120);
  t.equal(healthOf(changes).backlogs[0]?.typical, 0);
  await changes.publish(stream, { changes: [changeOf(1, 5)] }, publication);
});

t.test('the outbox is kept as long as it says and no longer, also when Kafka is dead', async (t) => {
  const catalog = catalogOf(grantOf('TT-1'));
  const { changes, pool } = await startFlow(t, {
    catalog,
    config: { kafka: configOf([`127.0.0.1:${await freePort()}`]) },
  });
  const publish = (version: number) =>
    changes.publish(stream, { changes: [changeOf(1, version), changeOf(2, version)] }, publication);
  const page = (after: string | undefined) =>
    changes.feed.page({ grants: catalog.streamGrants, registry: 'business', after }, 1, Infinity);
  await publish(1);
  await publish(2);
  await until(() => healthOf(changes).kafka === 'down');
  await pool.query(`UPDATE change SET recorded_at = now() - interval '6 days 23 hours'`);
  t.equal(await prune(pool, 'business', 7), 0, 'kept, though Kafka has had none of it');
  const { next } = await page(undefined);
  await pool.query(`UPDATE change SET recorded_at = now() - interval '7 days 1 minute' WHERE position <= 3`);
  t.equal(await prune(pool, 'business', 7), 3, 'gone, though Kafka has had none of it');
  await t.rejects(page(next), { code: 'cursor_expired' });
  t.match((await page(undefined)).events[0], /"entityversion":"2"/);
  await until(() => healthOf(changes).backlogs[0]?.depth === 1);
  t.equal(healthOf(changes).leads, true);
});
