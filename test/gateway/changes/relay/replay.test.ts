/** Replays: to a sink and to webhooks, from a number, a time, the dead letters; what cannot be replayed. */
import t from 'tap';
import type { PushedChange } from '../../../../gateway/changes/change.ts';
import type { Changes } from '../../../../gateway/changes/changes.ts';
import { prune } from '../../../../gateway/changes/outbox/prune.ts';
import type { ChangeEvent } from '../../../../gateway/changes/render/event.ts';
import type { ReplayQuestion } from '../../../../gateway/changes/replay/ask-replay.ts';
import type { Problem } from '../../../../gateway/problems/problem.ts';
import { freshDatabase } from '../../../support/database.ts';
import { startReceiver, status } from '../sinks/webhooks/receiver.ts';
import { catalogWith, openWebhooks, SYSTEM } from '../sinks/webhooks/support.ts';
import {
  changeOf,
  createFlow,
  grantOf,
  healthOf,
  publication,
  recordingEvidence,
  recordingSink,
  sinksOver,
  storeOf,
  stream,
  until,
} from '../support.ts';

type Tap = Parameters<typeof freshDatabase>[0];

const publish = (to: Changes, ...changes: PushedChange[]) => to.publish(stream, { changes }, publication);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const numbers = (events: readonly Pick<ChangeEvent, 'sequence'>[]) =>
  events.map(({ sequence }) => Number(sequence));
const decision = { by: 'Trung tâm dữ liệu', reason: 'bản sao bị hỏng' };

async function ask(of: Changes, selection: ReplayQuestion['selection'], from: ReplayQuestion['from']) {
  return of.operations.ask({ selection, from, decision, request: Buffer.from('{}'), operator: 'operator' });
}

const refusal = (asking: Promise<unknown>) =>
  asking.then(
    () => 'asked',
    ({ code, members }: Problem) => `${code}: ${members.errors?.[0]?.detail}`,
  );

async function performed(of: Changes, asked: readonly { id: string }[]): Promise<void> {
  for (const { id } of asked)
    await until(async () => (await of.operations.replays.find(id))?.outcome === 'performed');
}

async function openTopics(t: Tap) {
  const url = await freshDatabase(t);
  const pool = await storeOf(t, url);
  const evidence = recordingEvidence();
  const sink = recordingSink();
  const world = {
    ...{ pool, evidence, sink },
    catalog: catalogWith(grantOf('TT-1'), grantOf('TT-HN', { provinces: ['01'], fields: ['/name'] })),
    delivered: (agreement: string, generation = 1) =>
      sink.sent.get(`lienthong.business.enterprise.${agreement}.g${generation}`) ?? [],
    async replica(): Promise<Changes> {
      const changes = await createFlow({
        ...{ pool, databaseUrl: url, evidence, openSinks: sinksOver(sink), catalog: () => world.catalog },
      });
      changes.start();
      t.teardown(() => changes.close());
      return changes;
    },
  };
  return world;
}

t.test('a topic, from a number, from a time, from the oldest', async (t) => {
  const { replica, delivered, evidence, pool, sink } = await openTopics(t);
  const changes = await replica();
  await publish(changes, ...range(1, 600).map((n) => changeOf(n, 1, { province: n % 2 ? '01' : '48' })));
  await until(() => delivered('TT-1').length === 600 && delivered('TT-HN').length === 300);
  const first = [...delivered('TT-1')];
  const hanoi = [...delivered('TT-HN')];
  await until(async () => (await pool.query('SELECT FROM relay_cursor WHERE sequence = 600')).rowCount === 1);
  const topic = { agreement: 'TT-1', registry: 'business', entity: 'enterprise', sink: undefined };

  const asked = await ask(changes, topic, { sequence: 250 });
  t.match(asked, [{ sink: 'recording', subscriber: 'TT-1/business/enterprise', back: { sequence: 249 } }]);
  t.match(evidence.within.at(-1), {
    kind: 'replay',
    agreement: 'TT-1',
    reason: 'from_sequence',
    system: SYSTEM,
  });
  await performed(changes, asked);
  await until(() => delivered('TT-1').length === 951);
  t.same(delivered('TT-1').slice(600), first.slice(249), 'the same events with the same numbers');
  await publish(changes, changeOf(1, 2));
  await until(() => delivered('TT-1').length === 952 && delivered('TT-HN').length === 301);
  t.equal(Number(delivered('TT-1').at(-1)!.sequence), 601, 'and it goes on');
  t.same(numbers(delivered('TT-HN')), range(1, 301), 'nobody else is delivered again');

  await pool.query(`UPDATE change SET recorded_at = now() - interval '2 hours' WHERE position <= 500`);
  const soon = new Date(Date.now() - 3_600_000);
  await until(async () => (await pool.query('SELECT FROM relay_cursor WHERE sequence = 301')).rowCount === 1);
  await performed(changes, await ask(changes, { agreement: 'TT-HN' }, { time: soon }));
  await until(() => delivered('TT-HN').length === 352);
  t.same(delivered('TT-HN').slice(301, 351), hanoi.slice(250), 'those of the last hour');

  await performed(changes, await ask(changes, { agreement: 'TT-HN' }, { everything: true }));
  await until(() => delivered('TT-HN').length === 653);
  t.same(numbers(delivered('TT-HN').slice(352)), range(1, 301));
  t.same(await ask(changes, topic, { time: new Date(Date.now() + 1000) }), [], 'nothing since then');
  t.same(await ask(changes, topic, { sequence: 602 }), []);
  t.equal(sink.sent.size, 2);
});

t.test(
  'a replay from an unavailable position is refused, and the refusal names the available ones',
  async (t) => {
    const world = await openTopics(t);
    const { replica, delivered, pool } = world;
    const changes = await replica();
    await publish(changes, ...range(1, 10).map((n) => changeOf(n, 1)));
    await until(() => delivered('TT-1').length === 10 && delivered('TT-HN').length === 10);
    await pool.query(`UPDATE change SET recorded_at = now() - interval '8 days' WHERE position <= 4`);
    await prune(pool, 'business', 7);
    await until(
      async () => (await pool.query('SELECT FROM relay_cursor WHERE sequence = 10')).rowCount === 2,
    );
    const one = { agreement: 'TT-1' };
    const first = 'the first number that can be sent again is 5';
    t.equal(await refusal(ask(changes, one, { sequence: 4 })), `replay_out_of_reach: ${first}`);
    t.equal(await refusal(ask(changes, one, { time: new Date(0) })), `replay_out_of_reach: ${first}`);
    const asked = await ask(changes, one, { everything: true });
    t.match(asked, [{ back: { position: 4, sequence: 4 } }]);
    await performed(changes, asked);
    await until(() => delivered('TT-1').length === 16);
    t.match(
      await refusal(ask(changes, { agreement: 'TT-0' }, { sequence: 1 })),
      /^contract_violation: names no/,
    );
    t.match(
      await refusal(ask(changes, { subscription: 'x' }, { sequence: 1 })),
      /^contract_violation: names no/,
    );

    // Another grant renders other events: the events under the old grant cannot be sent again.
    world.catalog = catalogWith(grantOf('TT-1'), grantOf('TT-HN', { fields: ['/code'] }));
    await until(() => world.sink.sent.has('lienthong.business.enterprise.TT-HN.g2'));
    await publish(changes, changeOf(11, 1));
    await until(() => delivered('TT-HN', 2).length === 1);
    const narrowed = { agreement: 'TT-HN' };
    await until(
      async () => (await pool.query('SELECT FROM relay_cursor WHERE sequence = 11')).rowCount === 2,
    );
    t.equal(
      await refusal(ask(changes, narrowed, { sequence: 10 })),
      'replay_out_of_reach: the first number that can be sent again is 11',
    );
    t.match(await ask(changes, narrowed, { sequence: 11 }), [{ back: { sequence: 10 } }]);
  },
);

t.test('two replicas, replays asked of the one that does not lead, again and again', async (t) => {
  const { replica, delivered, pool } = await openTopics(t);
  const leader = await replica();
  await until(() => healthOf(leader).leads);
  const other = await replica();
  await publish(other, ...range(1, 300).map((n) => changeOf(n, 1)));
  await until(() => delivered('TT-1').length === 300);
  await until(async () => (await pool.query('SELECT FROM relay_cursor WHERE sequence = 300')).rowCount === 2);
  const count = (number: number) => numbers(delivered('TT-1')).filter((one) => one === number).length;
  let version = 1;
  for (const from of [300, 1, 150, 299]) {
    version += 1;
    const before = count(from);
    // While changes come in, and the cursor is on the move.
    const publishing = publish(other, ...range(1, 20).map((n) => changeOf(n, version)));
    await performed(other, await ask(other, { agreement: 'TT-1' }, { sequence: from }));
    await publishing;
    const last = 300 + 20 * (version - 1);
    await until(() => count(from) > before && Number(delivered('TT-1').at(-1)!.sequence) === last);
    await until(async () => {
      const { rows } = await pool.query<{ agreement: string }>(
        'SELECT agreement FROM relay_cursor WHERE sequence = $1',
        [last],
      );
      return rows.some(({ agreement }) => agreement === 'TT-1');
    });
  }
  const byNumber = new Map<string, ChangeEvent>();
  for (const event of delivered('TT-1')) {
    const known = byNumber.get(event.sequence);
    if (known) t.same(event, known);
    byNumber.set(event.sequence, event);
  }
  t.equal(byNumber.size, 380);
  t.same(
    [count(1), count(150), count(299), count(300)],
    [2, 3, 4, 5].map((n) => n),
    'each as often as asked',
  );
});

t.test('a subscription: its dead letters, then all of it', async (t) => {
  const world = await openWebhooks(t, catalogWith(grantOf('TT-1')));
  const gateway = await world.started(t);
  const receiver = await startReceiver(t);
  const subscription = await world.subscribe(gateway, receiver.url);
  await publish(gateway, changeOf(1, 1));
  await until(() => receiver.events.length === 1);
  receiver.answer = status(500);
  await publish(gateway, changeOf(2, 1), changeOf(3, 1));
  await until(async () => (await world.status(gateway, subscription)).attempts === 1);
  world.ahead = 73 * 3_600_000;
  await until(async () => (await world.status(gateway, subscription)).deadLetters === 2);
  receiver.answer = status(204);
  await publish(gateway, changeOf(4, 1));
  await until(() => receiver.events.length === 2);
  t.same(numbers(receiver.events), [1, 4], 'they are missing');
  t.match(await gateway.operations.deadLetters(subscription.id, 10), [
    { sink: 'webhook', sequence: 3, reason: 'retries_exhausted', replayedAt: null },
    { sequence: 2 },
  ]);
  const { id } = subscription;
  const asked = await ask(gateway, { subscription: id }, { deadLetters: true });
  t.match(asked, [{ sink: 'webhook', subscriber: id, back: { sequence: 1 } }]);
  await until(() => receiver.events.length === 5);
  t.same(numbers(receiver.events), [1, 4, 2, 3, 4], 'the stream, again from the first of them');
  t.same(receiver.events[4], receiver.events[1], 'with the same ids');
  await until(async () => (await world.status(gateway, subscription)).deadLetters === 0);
  t.same(await ask(gateway, { subscription: id }, { deadLetters: true }), []);

  await until(async () => (await world.status(gateway, subscription)).sequence === 4);
  await performed(gateway, await ask(gateway, { subscription: id }, { everything: true }));
  await until(() => receiver.events.length === 9);
  t.same(numbers(receiver.events.slice(5)), [1, 2, 3, 4]);
  t.same(
    world.evidence.within.filter(({ kind }) => kind === 'replay').map(({ reason }) => reason),
    ['from_dead_letters', 'from_oldest'],
  );
});
