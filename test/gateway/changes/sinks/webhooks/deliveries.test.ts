/** The deliveries of webhooks, on real endpoints and a real PostgreSQL. */
import t from 'tap';
import type { PushedChange } from '../../../../../gateway/changes/change.ts';
import type { Changes } from '../../../../../gateway/changes/changes.ts';
import { verifyDelivery } from '../../../../../gateway/client/verify-delivery.ts';
import { changeOf, codeOf, gatedPool, grantOf, publication, secrets, stream, until } from '../../support.ts';
import { type Receiver, startReceiver, status } from './receiver.ts';
import { catalogWith, keySet, openWebhooks, SYSTEM } from './support.ts';

const publish = (to: Changes, ...changes: PushedChange[]) => to.publish(stream, { changes }, publication);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const sequences = ({ events }: Pick<Receiver, 'events'>) => events.map(({ sequence }) => Number(sequence));

t.test('in order, numbered, signed, in batches of a hundred, each after its evidence', async (t) => {
  const world = await openWebhooks(t, catalogWith(grantOf('TT-1')));
  const gateway = await world.started(t);
  const receiver = await startReceiver(t);
  const { evidence } = world;
  let recordedBefore = true;
  receiver.answer = (response, { events }) => {
    const recorded = evidence.entries
      .filter(({ kind }) => kind === 'delivery')
      .map((entry) => entry.response);
    recordedBefore &&= events.every((event) =>
      recorded.some((text) => String(text).split('\n').includes(JSON.stringify(event.data))),
    );
    response.writeHead(204).end();
  };
  const subscription = await world.subscribe(gateway, receiver.url);
  for (let version = 1; version <= 2; version++)
    await publish(gateway, ...range(1, 150).map((n) => changeOf(n, version)));
  await until(() => receiver.events.length >= 300);
  t.same(sequences(receiver), range(1, 300));
  t.ok(recordedBefore, 'evidence first');
  t.match(evidence.entries.filter(({ kind }) => kind === 'delivery').at(-1), {
    ...{ agency: 'G12', system: SYSTEM, agreement: 'TT-1', service: 'business.changes.read', status: 200 },
  });
  t.ok(receiver.deliveries.every(({ events }) => events.length <= 100));
  const versions = new Map<string, number[]>();
  for (const { subject, data } of receiver.events)
    versions.set(subject, [...(versions.get(subject) ?? []), data.version]);
  t.ok(
    [...versions.values()].every((of) => of.join() === '1,2'),
    'in order per subject',
  );
  t.match(receiver.events[0], {
    ...{ specversion: '1.0', type: 'vn.lienthong.business.enterprise.created.v1', agreement: 'TT-1' },
    id: `${secrets.pseudonym('TT-1', 'enterprise', codeOf(1))}.1`,
    data: { operation: 'created', state: { code: codeOf(1) } },
  });
  for (const delivery of [...receiver.challenges, ...receiver.deliveries]) {
    t.match(verifyDelivery(delivery, keySet), { subscription: subscription.id, keyid: 'message-key' });
    t.throws(
      () => verifyDelivery({ ...delivery, content: Buffer.from('[]') }, keySet),
      /Content-Digest|content/i,
    );
  }
  t.equal(receiver.challenges.length, 1, 'it was asked once');
  await until(async () => (await world.status(gateway, subscription)).sequence === 300);
  t.match(await world.status(gateway, subscription), { state: 'active', failingSince: null, deadLetters: 0 });
  t.match(
    await gateway.metrics.register.metrics(),
    /lienthong_webhook_deliveries_total\{outcome="ok"\} [3-6]\n/,
  );
});

t.test('exactly what the agreement grants: fields, rows, pseudonyms of its own', async (t) => {
  const grants = [
    grantOf('TT-1'),
    grantOf('TT-HN', { provinces: ['01'], fields: ['/code', '/name'] }),
    grantOf('TT-OFF', { fields: ['/headOffice/provinceCode'] }),
  ];
  const world = await openWebhooks(t, catalogWith(...grants));
  const gateway = await world.started(t);
  const [all, hanoi, offices] = [await startReceiver(t), await startReceiver(t), await startReceiver(t)];
  await world.subscribe(gateway, all.url);
  await world.subscribe(gateway, hanoi.url, { agreement: 'TT-HN' });
  await world.subscribe(gateway, offices.url, { agreement: 'TT-OFF' });
  await publish(
    gateway,
    changeOf(1, 1),
    changeOf(2, 1, { province: '48' }),
    changeOf(1, 2),
    changeOf(1, 3, { province: '48' }),
    changeOf(2, 2, { operation: 'deleted' }),
  );
  await until(() => all.events.length === 5 && hanoi.events.length === 3 && offices.events.length === 4);
  const deliveredTo = ({ events }: Receiver) => events.map(({ data }) => `${data.operation} ${data.version}`);
  t.same(deliveredTo(all), ['created 1', 'created 1', 'updated 2', 'updated 3', 'deleted 2']);
  t.same(deliveredTo(hanoi), ['created 1', 'updated 2', 'deleted 3']);
  t.same(
    deliveredTo(offices),
    ['created 1', 'created 1', 'updated 3', 'deleted 2'],
    'a new name is not for it',
  );
  for (const receiver of [all, hanoi, offices])
    t.same(sequences(receiver), range(1, receiver.events.length), 'no gaps');
  t.same(Object.keys(hanoi.events[0]!.data.state!).sort(), ['code', 'name']);
  t.notMatch(JSON.stringify(offices.events), /31000|Công ty/);
  t.equal(new Set([all, hanoi, offices].map(({ events }) => events[0]!.subject)).size, 3);
});

t.test('an event is rendered once for an agreement, however many subscriptions it has', async (t) => {
  const grant = grantOf('TT-1');
  let made = 0;
  const project = (data: unknown) => {
    made++;
    return grant.project(data);
  };
  const world = await openWebhooks(t, catalogWith({ ...grant, project }));
  const gateway = await world.started(t);
  const receivers = await Promise.all(Array.from({ length: 10 }, () => startReceiver(t)));
  for (const { url } of receivers) await world.subscribe(gateway, url);
  await publish(gateway, ...range(1, 5).map((n) => changeOf(n, 1)));
  await until(() => receivers.every(({ events }) => events.length >= 5));
  t.equal(made, 5);
});

t.test('a subscription begins with the changes to come, or with the oldest kept', async (t) => {
  const world = await openWebhooks(t, catalogWith(grantOf('TT-1')));
  const gateway = await world.started(t);
  await publish(gateway, changeOf(1, 1));
  const [fresh, whole] = [await startReceiver(t), await startReceiver(t)];
  await world.subscribe(gateway, fresh.url, { from: 'now' });
  await world.subscribe(gateway, whole.url, { from: 'oldest' });
  await publish(gateway, changeOf(1, 2));
  await until(() => fresh.events.length === 1 && whole.events.length === 2);
  t.same(
    [fresh, whole].map(({ events }) => events.map(({ entityversion }) => entityversion)),
    [['2'], ['1', '2']],
  );
  t.same(sequences(fresh), [1]);
});

t.test('an endpoint that is slow, dead, silent, lying, huge or elsewhere delays no other', async (t) => {
  const world = await openWebhooks(t, catalogWith(grantOf('TT-1')));
  world.timeout = 1000;
  const gateway = await world.started(t);
  const kinds = {
    slow: (response) => setTimeout(() => response.writeHead(204).end(), 800),
    silent: () => {},
    dead: (response) => response.destroy(),
    redirecting: status(302, { location: '/elsewhere' }),
    failing: status(500),
    huge: (response) => {
      response.on('error', () => {});
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 120)));
        response.once('drain', more);
      };
      more();
    },
    lying: (response) => response.writeHead(200, { 'content-length': '1000000' }).end('no'),
    endless: (response) => response.writeHead(200).write('{'),
  } as const satisfies Record<string, Receiver['answer']>;
  const receivers: Record<string, Receiver> = {};
  for (const [name, answer] of Object.entries(kinds)) {
    const receiver = await startReceiver(t);
    receiver.answer = answer;
    receivers[name] = receiver;
    await world.subscribe(gateway, receiver.url);
  }
  const quick = await startReceiver(t);
  const ofQuick = await world.subscribe(gateway, quick.url);
  for (let version = 1; version <= 5; version++) {
    await publish(gateway, changeOf(1, version));
    await until(() => quick.events.length === version);
  }
  t.same(sequences(quick), range(1, 5));
  t.ok(receivers.slow!.events.length < 5, 'the quick one was not kept waiting');
  const failures = async () => {
    const all = await gateway.webhooks!.list(SYSTEM);
    return Object.fromEntries(
      Object.entries(receivers).map(([name, { url }]) => [name, all.find((one) => one.url === url)!]),
    );
  };
  // What was answered 2xx is taken, whatever followed; the rest is tried again.
  await until(async () => {
    const of = await failures();
    return (
      ['silent', 'dead', 'redirecting', 'failing'].every((name) => of[name]!.attempts >= 1) &&
      ['slow', 'huge', 'endless', 'lying'].every((name) => of[name]!.sequence === 5)
    );
  });
  const of = await failures();
  t.match(of, {
    silent: { failure: 'no_answer', sequence: 0 },
    dead: { failure: 'no_answer' },
    redirecting: { failure: 'redirect' },
    failing: { failure: 'status_5xx' },
    slow: { failure: null },
  });
  t.same(receivers.redirecting!.strays, [], 'a redirect is not followed');
  t.match(await world.status(gateway, ofQuick), { failure: null, sequence: 5 });
  // Measured every two seconds, and now as it is.
  let metrics = '';
  await until(async () => {
    metrics = await gateway.metrics.register.metrics();
    return (
      /state="failing"\} 4/.test(metrics) &&
      /outbox_depth\{sink="webhook",registry="business"\} 0/.test(metrics)
    );
  });
  t.match(metrics, /lienthong_webhook_subscriptions\{state="failing"\} 4/);
  t.match(metrics, /lienthong_outbox_depth\{sink="webhook",registry="business"\} 0/);
});

t.test('another replica takes over where the first one was cut off', async (t) => {
  const world = await openWebhooks(t, catalogWith(grantOf('TT-1')));
  const receiver = await startReceiver(t);
  const gate = gatedPool(world.pool);
  const first = await world.replica({ pool: gate.pool });
  t.teardown(() => {
    gate.thaw();
    return first.close();
  });
  const second = await world.replica();
  const subscription = await world.subscribe(second, receiver.url);
  await publish(second, ...range(1, 10).map((n) => changeOf(n, 1)));
  first.start();
  await until(async () => (await world.status(second, subscription)).sequence === 10);
  // It gets its answer, and can write down nothing of it.
  receiver.answer = (response, delivery) => {
    gate.freeze();
    return status(204)(response, delivery);
  };
  await publish(second, ...range(1, 10).map((n) => changeOf(n, 2)));
  await until(() => receiver.events.length === 20);
  receiver.answer = status(204);
  second.start();
  t.teardown(() => second.close());
  await publish(second, ...range(1, 10).map((n) => changeOf(n, 3)));
  await until(() => receiver.events.length === 40);
  t.same(sequences(receiver), [...range(1, 20), ...range(11, 30)]);
  t.same(receiver.events.slice(20, 30), receiver.events.slice(10, 20), 'the same events, the same numbers');
});

t.test('a restart repeats nothing that was written down', async (t) => {
  const world = await openWebhooks(t, catalogWith(grantOf('TT-1')));
  const receiver = await startReceiver(t);
  const first = await world.started(t);
  await world.subscribe(first, receiver.url);
  await publish(first, changeOf(1, 1), changeOf(2, 1));
  await until(() => receiver.events.length === 2);
  await first.close();
  const second = await world.started(t);
  await publish(second, changeOf(1, 2));
  await until(() => receiver.events.length === 3);
  t.same(sequences(receiver), [1, 2, 3]);
});

t.test('changes wait for a paused subscription', async (t) => {
  const world = await openWebhooks(t, catalogWith(grantOf('TT-1')));
  const receiver = await startReceiver(t);
  const other = await startReceiver(t);
  const gateway = await world.started(t);
  const subscription = await world.subscribe(gateway, receiver.url);
  await world.subscribe(gateway, other.url);
  await publish(gateway, changeOf(1, 1));
  await until(() => receiver.events.length === 1 && other.events.length === 1);
  t.equal(await world.change(gateway, subscription, 'paused'), true);
  // The look at the subscriptions that finds a new one has found the pause too.
  const later = await startReceiver(t);
  await world.subscribe(gateway, later.url);
  await until(() => later.events.length === 1);
  await publish(gateway, changeOf(2, 1), changeOf(2, 2), changeOf(2, 3));
  await until(() => other.events.length === 4);
  t.equal(receiver.deliveries.length, 1);
  t.match(await world.status(gateway, subscription), { state: 'paused', sequence: 1 });
  t.equal(await world.change(gateway, subscription, 'active'), true);
  await until(() => receiver.events.length === 4);
  t.same(receiver.events, other.events, 'all of it, in order');
  t.same(
    world.evidence.within.filter(({ kind }) => kind === 'subscription').map(({ reason }) => reason),
    ['created', 'created', 'paused', 'created', 'active'],
  );
});
