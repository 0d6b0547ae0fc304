/** How subscriptions of webhooks begin, fail, recover and end. */
import { gzipSync } from 'node:zlib';
import t from 'tap';
import type { PushedChange } from '../../../../../gateway/changes/change.ts';
import type { Changes } from '../../../../../gateway/changes/changes.ts';
import type { Problem } from '../../../../../gateway/problems/problem.ts';
import { agreementOf, changeOf, grantOf, publication, stream, until } from '../../support.ts';
import { type ReceivedDelivery, type Receiver, startReceiver, status } from './receiver.ts';
import { catalogWith, HOUR, openWebhooks, SYSTEM } from './support.ts';

const publish = (to: Changes, ...changes: PushedChange[]) => to.publish(stream, { changes }, publication);
/** Of more than is read of an answer. */
const bomb = gzipSync(Buffer.alloc(1_000_000, ' '));
const sequences = ({ events }: Pick<Receiver, 'events'>) => events.map(({ sequence }) => Number(sequence));
const reasonOf = (subscribing: Promise<unknown>) =>
  subscribing.then(
    () => 'made',
    (error: Problem) => `${error.code} ${error.members.reason ?? ''}`.trim(),
  );

t.test('an endpoint that does not want it gets none', async (t) => {
  const world = await openWebhooks(t, catalogWith(grantOf('TT-1')));
  world.timeout = 500;
  world.perSystem = 2;
  const gateway = await world.started(t);
  const receiver = await startReceiver(t);
  const json =
    (body: string): Receiver['answerChallenge'] =>
    (response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  const cases: [answer: Receiver['answerChallenge'], reason: string][] = [
    [status(204), 'challenge'],
    [status(404), 'status'],
    [status(302, { location: receiver.url }), 'status'],
    [json('{"challenge":"something else"}'), 'challenge'],
    [json('{"challenge":null}'), 'challenge'],
    [json('\ufeff\ufeff{}'), 'challenge'],
    [(response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('{}'), 'challenge'],
    [(response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb), 'challenge'],
    [json('"'), 'challenge'],
    [json(`{"challenge":"${'x'.repeat(100_000)}"}`), 'challenge'],
    [() => {}, 'no_answer'],
    [(response) => response.destroy(), 'no_answer'],
  ];
  for (const [answer, reason] of cases) {
    const right = receiver.answerChallenge;
    receiver.answerChallenge = answer;
    t.equal(await reasonOf(world.subscribe(gateway, receiver.url)), `endpoint_unverified ${reason}`);
    receiver.answerChallenge = right;
  }
  // An address that may not be called is not: whatever is there.
  for (const address of [
    'http://10.0.0.1/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest',
    'http://[::1]/',
  ])
    t.equal(
      await reasonOf(world.subscribe(gateway, address)),
      'endpoint_unverified address_refused',
      address,
    );
  t.same(await gateway.webhooks!.list(SYSTEM), []);
  t.same(world.evidence.within, []);

  const made = await Promise.all([1, 2, 3, 4].map(() => reasonOf(world.subscribe(gateway, receiver.url))));
  t.same(made.sort(), ['made', 'made', 'subscriptions_exhausted', 'subscriptions_exhausted']);
});

t.test('tried again for three days, then a dead letter, and the next batch goes on', async (t) => {
  const world = await openWebhooks(t, catalogWith(grantOf('TT-1')));
  let gateway = await world.started(t);
  const receiver = await startReceiver(t);
  const subscription = await world.subscribe(gateway, receiver.url);
  receiver.answer = status(500);
  await publish(gateway, changeOf(1, 1), changeOf(2, 1));
  // The first attempts follow each other quickly: on a slow machine one may have passed before it is looked at.
  await until(async () => (await world.status(gateway, subscription)).attempts >= 1);
  const { failingSince } = await world.status(gateway, subscription);
  // What comes meanwhile does not join the batch that fails.
  await publish(gateway, changeOf(3, 1));

  const deltas = new Map<number, number>();
  let [restarted, last] = [false, 0];
  for (;;) {
    const now = await world.status(gateway, subscription);
    // The batch was given up, and the next has begun to fail.
    if (now.deadLetters > 0) break;
    const { attempts } = now;
    t.ok(attempts > last);
    last = attempts;
    t.same(now.failingSince, failingSince, 'over a restart, too');
    deltas.set(attempts, now.retryAt!.getTime() - Date.now() - world.ahead);
    if (attempts >= 5 && !restarted) {
      restarted = true;
      await gateway.close();
      gateway = await world.started(t);
    }
    if (attempts === 8) {
      // From here on an hour each: to the end of the three days.
      world.ahead = failingSince!.getTime() + 72 * HOUR - 1000 - Date.now();
      receiver.answer = status(503, { 'retry-after': '86400' });
    } else {
      world.ahead = Math.max(world.ahead, now.retryAt!.getTime() - Date.now() + 1);
    }
    await until(async () => (await world.status(gateway, subscription)).attempts !== last);
  }
  for (const [attempts, delta] of [...deltas].filter(([attempts]) => attempts < 8))
    t.ok(delta <= 1000 * 2 ** (attempts - 1), 'no later than that');
  t.ok(deltas.get(7)! > 16_000, 'later each time');
  t.ok(
    receiver.deliveries
      .slice(0, 8)
      .every(({ events }) => events.map(({ sequence }) => Number(sequence)).join() === '1,2'),
    'the same events with the same numbers',
  );
  receiver.answer = status(204);
  world.ahead += 25 * HOUR;
  await until(async () => (await world.status(gateway, subscription)).sequence === 3);
  t.same(sequences(receiver), [3], 'the stream goes on');
  const { rows } = await world.pool.query('SELECT * FROM dead_letter ORDER BY sequence');
  t.match(rows, [
    { sink: 'webhook', destination: subscription.id, sequence: 1, position: 1, reason: 'retries_exhausted' },
    { sequence: 2, position: 2 },
  ]);
  t.equal(rows.length, 2);
  t.match(await world.status(gateway, subscription), { deadLetters: 2, failingSince: null, sequence: 3 });
});

t.test('the three days stand still while a subscription is held or paused', async (t) => {
  for (const way of ['held', 'paused'] as const) {
    const full = catalogWith(grantOf('TT-1'), grantOf('TT-2'));
    const world = await openWebhooks(t, full);
    world.graces = { absent: 200 * HOUR, stated: 0 };
    const gateway = await world.started(t);
    const receiver = await startReceiver(t);
    const subscription = await world.subscribe(gateway, receiver.url);
    const seen = () => world.status(gateway, subscription);
    receiver.answer = status(500);
    await publish(gateway, changeOf(1, 1));
    await until(async () => (await seen()).attempts >= 1);

    if (way === 'held') {
      world.catalog = catalogWith(grantOf('TT-2'));
      await until(async () => (await seen()).heldUntil !== null);
    } else await world.change(gateway, subscription, 'paused');
    // The relay has looked, and has stopped the one, when it delivers to another that was made after that.
    const later = await startReceiver(t);
    await world.subscribe(gateway, later.url, { agreement: 'TT-2' });
    await until(() => later.events.length === 1);
    const { attempts, failingSince } = await seen();
    world.ahead = 100 * HOUR;
    if (way === 'held') world.catalog = full;
    else await world.change(gateway, subscription, 'active');
    await until(async () => (await seen()).attempts > attempts);
    const now = await seen();
    t.match(now, { state: 'active', deadLetters: 0, heldUntil: null }, way);
    const failing = Date.now() + world.ahead - now.failingSince!.getTime();
    t.ok(failing < HOUR && now.failingSince! > failingSince!, 'it has failed for as long as it was tried');
    receiver.answer = status(204);
    world.ahead += HOUR;
    await until(async () => (await seen()).sequence === 1);
    await gateway.close();
  }
});

t.test('a challenge that is given back as servers write it', async (t) => {
  const world = await openWebhooks(t, catalogWith(grantOf('TT-1')));
  const gateway = await world.started(t);
  const receiver = await startReceiver(t);
  const given = ({ content }: ReceivedDelivery) =>
    JSON.stringify({ challenge: JSON.parse(content.toString()).challenge });
  const answers: Receiver['answerChallenge'][] = [
    (response, delivery) => response.end(`\ufeff${given(delivery)}`),
    (response, delivery) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(given(delivery))),
    (response, delivery) => {
      response.writeContinue();
      response.end(given(delivery));
    },
  ];
  for (const answer of answers) {
    receiver.answerChallenge = answer;
    t.match(await world.subscribe(gateway, receiver.url), { state: 'active' });
  }
  t.equal(receiver.challenges.length, answers.length, 'each was asked once');
});

t.test('an interim answer is no reason to deliver twice', async (t) => {
  const world = await openWebhooks(t, catalogWith(grantOf('TT-1')));
  const gateway = await world.started(t);
  const receiver = await startReceiver(t);
  const subscription = await world.subscribe(gateway, receiver.url);
  receiver.answer = (response) => {
    response.writeContinue();
    response.writeProcessing();
    response.writeHead(204).end();
  };
  for (const version of [1, 2, 3]) await publish(gateway, changeOf(1, version));
  await until(async () => (await world.status(gateway, subscription)).sequence === 3);
  t.same(
    receiver.deliveries.flatMap(({ events }) => events.map(({ sequence }) => Number(sequence))),
    [1, 2, 3],
  );
});

t.test('Retry-After may be a date', async (t) => {
  const world = await openWebhooks(t, catalogWith(grantOf('TT-1')));
  const gateway = await world.started(t);
  const receiver = await startReceiver(t);
  const subscription = await world.subscribe(gateway, receiver.url);
  const date = new Date(Date.now() + 2 * HOUR);
  receiver.answer = status(503, { 'retry-after': date.toUTCString() });
  await publish(gateway, changeOf(1, 1));
  await until(async () => (await world.status(gateway, subscription)).attempts === 1);
  const { retryAt } = await world.status(gateway, subscription);
  t.ok(Math.abs(retryAt!.getTime() - date.getTime()) < 2000);
});

t.test('Retry-After is respected, and 410 ends the subscription', async (t) => {
  const world = await openWebhooks(t, catalogWith(grantOf('TT-1')));
  const gateway = await world.started(t);
  const receiver = await startReceiver(t);
  const subscription = await world.subscribe(gateway, receiver.url);
  receiver.answer = status(429, { 'retry-after': '7200' });
  // Another, which is due earlier: what it gets, the first would have got too.
  const sooner = await startReceiver(t);
  const control = await world.subscribe(gateway, sooner.url);
  sooner.answer = status(503, { 'retry-after': '1800' });
  await publish(gateway, changeOf(1, 1));
  await until(async () => (await world.status(gateway, subscription)).attempts === 1);
  await until(async () => (await world.status(gateway, control)).attempts === 1);
  const { retryAt, failure } = await world.status(gateway, subscription);
  t.equal(failure, 'status_4xx');
  t.ok(retryAt!.getTime() - Date.now() > 7_100_000);
  world.ahead = HOUR;
  sooner.answer = status(204);
  await until(async () => (await world.status(gateway, control)).sequence === 1);
  t.equal(receiver.deliveries.length, 1, 'not before');
  receiver.answer = status(410);
  world.ahead = 2 * HOUR + 1000;
  await until(async () => (await world.status(gateway, subscription)).state === 'ended');
  t.match(await world.status(gateway, subscription), { reason: 'gone', sequence: 0 });
  t.match(world.evidence.within.at(-1), {
    kind: 'subscription',
    reason: 'gone',
    agreement: 'TT-1',
    system: SYSTEM,
  });
  t.equal(await world.change(gateway, subscription, 'active'), false, 'for good');
  receiver.answer = status(204);
  await publish(gateway, changeOf(1, 2));
  await until(async () => (await world.status(gateway, control)).sequence === 2);
  t.equal(receiver.deliveries.length, 2);
});

t.test('it ends with its agreement, and that is evidence', async (t) => {
  const agreement = (number: string, more = {}) => ({ agreement: agreementOf(number, more) });
  const soon = Date.now() + HOUR;
  const fields = ['/code', '/name'];
  const names = [
    'TT-REVOKED',
    'TT-EXPIRED',
    'TT-WITHDRAWN',
    'TT-NARROWED',
    'TT-WIDENED',
    'TT-ROWS',
    'TT-SAME',
  ];
  const same = grantOf('TT-SAME');
  const world = await openWebhooks(
    t,
    catalogWith(
      grantOf('TT-REVOKED'),
      grantOf('TT-EXPIRED', agreement('TT-EXPIRED', { validUntil: soon })),
      grantOf('TT-WITHDRAWN'),
      grantOf('TT-NARROWED', { fields }),
      grantOf('TT-WIDENED', { fields, provinces: ['01'] }),
      grantOf('TT-ROWS', { provinces: ['01', '48'] }),
      same,
    ),
  );
  const gateway = await world.started(t);
  const receivers: Record<string, Receiver> = {};
  const ids: Record<string, { id: string }> = {};
  for (const name of names) {
    receivers[name] = await startReceiver(t);
    ids[name] = await world.subscribe(gateway, receivers[name].url, { agreement: name });
  }
  await publish(gateway, changeOf(1, 1));
  await until(() => names.every((name) => receivers[name]!.events.length === 1));

  world.revocations.revoke({ kind: 'agreement', value: 'TT-REVOKED' });
  world.catalog = catalogWith(
    grantOf('TT-REVOKED'),
    grantOf('TT-EXPIRED', agreement('TT-EXPIRED', { validUntil: soon })),
    grantOf('TT-NARROWED', { fields: ['/name'] }),
    grantOf('TT-WIDENED', { fields: [...fields, '/members/*/name'] }),
    grantOf('TT-ROWS', { provinces: ['48'] }),
    same,
  );
  const stateOf = async (name: string) => {
    const { state, reason } = await world.status(gateway, ids[name]!);
    return reason ?? state;
  };
  const ended = { 'TT-REVOKED': 'agreement_revoked', 'TT-WITHDRAWN': 'agreement_withdrawn' };
  const all = {
    ...{ ...ended, 'TT-NARROWED': 'agreement_narrowed', 'TT-ROWS': 'agreement_narrowed' },
    ...{ 'TT-WIDENED': 'active', 'TT-SAME': 'active' },
  };
  for (const [name, state] of Object.entries(all)) await until(async () => (await stateOf(name)) === state);
  await publish(gateway, changeOf(1, 2));
  await until(() => ['TT-WIDENED', 'TT-SAME'].every((name) => receivers[name]!.events.length === 2));
  t.ok(
    Object.hasOwn(receivers['TT-WIDENED']!.events[1]!.data.state!, 'members'),
    'more is granted as it comes',
  );
  t.same(sequences(receivers['TT-WIDENED']!), [1, 2]);
  for (const name of ['TT-REVOKED', 'TT-WITHDRAWN', 'TT-NARROWED', 'TT-ROWS'])
    t.equal(receivers[name]!.deliveries.length, 1, name);
  world.ahead = 2 * HOUR;
  await until(async () => (await stateOf('TT-EXPIRED')) === 'agreement_expired');
  // What was granted more may not be taken away either.
  world.catalog = catalogWith(grantOf('TT-WIDENED', { fields, provinces: ['01'] }), same);
  await until(async () => (await stateOf('TT-WIDENED')) === 'agreement_narrowed');
  const recorded = world.evidence.within.filter(
    ({ kind, status }) => kind === 'subscription' && status === 410,
  );
  t.same(Object.fromEntries(recorded.map(({ agreement, reason }) => [agreement, reason])), {
    ...ended,
    ...{ 'TT-NARROWED': 'agreement_narrowed', 'TT-ROWS': 'agreement_narrowed' },
    ...{ 'TT-EXPIRED': 'agreement_expired', 'TT-WIDENED': 'agreement_narrowed' },
  });
  t.equal(recorded.length, 6, 'once each');
  world.revocations.revoke({ kind: 'system', value: SYSTEM });
  await until(async () => (await stateOf('TT-SAME')) === 'system_revoked');
  t.equal(receivers['TT-SAME']!.events.length, 2);
});

t.test('revoked while it is being sent: the delivery is cut off', async (t) => {
  const world = await openWebhooks(t, catalogWith(grantOf('TT-1')));
  world.timeout = 60_000;
  const gateway = await world.started(t);
  const receiver = await startReceiver(t);
  const subscription = await world.subscribe(gateway, receiver.url);
  let cut = false;
  receiver.answer = (response) => response.once('close', () => (cut = true));
  await publish(gateway, changeOf(1, 1));
  await until(() => receiver.deliveries.length === 1);
  world.revocations.revoke({ kind: 'agency', value: 'G12' });
  await until(() => cut);
  await until(async () => (await world.status(gateway, subscription)).reason === 'agency_revoked');
  t.same(receiver.events, []);
});

t.test(
  'an agreement that leaves the catalogue is waited for: nothing is sent, nothing is lost',
  async (t) => {
    const full = catalogWith(grantOf('TT-1'), grantOf('TT-2'));
    const world = await openWebhooks(t, full);
    world.graces = { absent: 72 * HOUR, stated: 24 * HOUR };
    let gateway = await world.started(t);
    const receiver = await startReceiver(t);
    const other = await startReceiver(t);
    const subscription = await world.subscribe(gateway, receiver.url);
    await world.subscribe(gateway, other.url, { agreement: 'TT-2' });
    await publish(gateway, changeOf(1, 1));
    await until(() => receiver.events.length === 1 && other.events.length === 1);

    world.catalog = catalogWith(grantOf('TT-2'));
    await until(async () => (await world.status(gateway, subscription)).heldUntil !== null);
    const { heldUntil, state } = await world.status(gateway, subscription);
    t.equal(state, 'active');
    t.ok(Math.abs(heldUntil!.getTime() - Date.now() - 72 * HOUR) < HOUR);
    await publish(gateway, changeOf(1, 2), changeOf(2, 1));
    await until(() => other.events.length === 3);
    t.match(await gateway.held(), [
      {
        agreement: 'TT-1',
        reason: 'removed',
        topics: [],
        webhooks: [subscription.id],
        at: heldUntil!.toISOString(),
      },
    ]);
    // Each is set by another watcher, at its own time.
    for (const metric of [
      /webhook_subscriptions\{state="held"\} 1/,
      /removal_timestamp_seconds\{agreement="TT-1"\} \d/,
    ]) {
      await until(async () => metric.test(await gateway.metrics.register.metrics()));
    }

    await gateway.close();
    gateway = await world.started(t);
    world.ahead = 71 * HOUR;
    await publish(gateway, changeOf(3, 1));
    await until(() => other.events.length === 4);
    t.equal(receiver.events.length, 1, 'nothing is sent');
    t.same(
      (await world.status(gateway, subscription)).heldUntil,
      heldUntil,
      'a restart gives it no more time',
    );

    world.catalog = full;
    await until(() => receiver.events.length === 4);
    t.same(sequences(receiver), [1, 2, 3, 4], 'no gap');
    t.match(await world.status(gateway, subscription), { state: 'active', reason: null, heldUntil: null });
    t.same(await gateway.held(), []);
    t.same(
      world.evidence.within.filter(({ status }) => status === 410),
      [],
    );
  },
);

t.test(
  'a subscription whose grant does not come back ends after its grace time; a revoked one ends without it',
  async (t) => {
    const fields = ['/code', '/name'];
    const names = ['TT-GONE', 'TT-REVOKED', 'TT-LESS'];
    const all = names.map((name) => grantOf(name, { fields }));
    const world = await openWebhooks(t, catalogWith(...all));
    world.graces = { absent: 72 * HOUR, stated: 24 * HOUR };
    const gateway = await world.started(t);
    const ids: Record<string, { id: string }> = {};
    for (const agreement of names) {
      ids[agreement] = await world.subscribe(gateway, (await startReceiver(t)).url, { agreement });
    }
    const statusOf = (name: string) => world.status(gateway, ids[name]!);
    world.catalog = catalogWith();
    for (const name of names) await until(async () => (await statusOf(name)).heldUntil !== null);
    world.revocations.revoke({ kind: 'agreement', value: 'TT-REVOKED' });
    await until(async () => (await statusOf('TT-REVOKED')).reason === 'agreement_revoked');
    world.catalog = catalogWith(grantOf('TT-LESS', { fields: ['/code'] }));
    world.ahead = 71 * HOUR;
    await until(async () => (await gateway.held()).length === 2);
    t.match(await statusOf('TT-LESS'), { state: 'active', reason: null });
    t.match(await statusOf('TT-GONE'), { state: 'active', reason: null });
    world.ahead = 73 * HOUR;
    await until(async () => (await statusOf('TT-LESS')).reason === 'agreement_narrowed');
    await until(async () => (await statusOf('TT-GONE')).reason === 'agreement_withdrawn');
    t.match(
      world.evidence.within
        .filter(({ status }) => status === 410)
        .map(({ agreement, reason }) => [agreement, reason])
        .sort(),
      [
        ['TT-GONE', 'agreement_withdrawn'],
        ['TT-LESS', 'agreement_narrowed'],
        ['TT-REVOKED', 'agreement_revoked'],
      ],
    );
  },
);

t.test(
  'a term or a field that was mistyped, and mended within the grace time: nothing is lost',
  async (t) => {
    const full = catalogWith(grantOf('TT-1', { fields: ['/code', '/name'] }));
    const slips = {
      ended: grantOf('TT-1', {
        fields: ['/code', '/name'],
        agreement: agreementOf('TT-1', { validUntil: Date.now() - HOUR }),
      }),
      narrowed: grantOf('TT-1', { fields: ['/code'] }),
    };
    for (const [reason, slip] of Object.entries(slips)) {
      const world = await openWebhooks(t, full);
      world.graces = { absent: 72 * HOUR, stated: 24 * HOUR };
      const gateway = await world.started(t);
      const receiver = await startReceiver(t);
      const subscription = await world.subscribe(gateway, receiver.url);
      await publish(gateway, changeOf(1, 1));
      await until(() => receiver.events.length === 1);
      world.catalog = catalogWith(slip);
      await until(async () => (await world.status(gateway, subscription)).heldUntil !== null);
      const { heldUntil } = await world.status(gateway, subscription);
      t.ok(Math.abs(heldUntil!.getTime() - Date.now() - 24 * HOUR) < HOUR, reason);
      t.match(await gateway.held(), [{ agreement: 'TT-1', reason, webhooks: [subscription.id] }]);
      await publish(gateway, changeOf(1, 2));
      world.catalog = full;
      await until(() => receiver.events.length === 2);
      t.same(sequences(receiver), [1, 2], 'no gap');
      t.match(await world.status(gateway, subscription), { state: 'active', reason: null, heldUntil: null });
      await gateway.close();
    }
  },
);
