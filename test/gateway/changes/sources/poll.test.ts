import t from 'tap';
import { UpstreamError } from '../../../../adapters/adapter.ts';
import { freePort } from '../../../../deploy/sandbox/processes/free-port.ts';
import { Problem } from '../../../../gateway/problems/problem.ts';
import { ownPostgres } from '../../../support/database.ts';
import { gatedPool, until } from '../support.ts';
import { codes, MINUTE, open } from './support.ts';

const names = (rows: readonly { subject: string; version: number }[]) =>
  rows.map(({ subject, version }) => `${subject} ${version}`);

t.test('an amended record is in the outbox once, and then its changed fields are known', async (t) => {
  const { clock, registry, replica, caughtUp, stored } = await open(t, '2026-11-25T10:00');
  const { version } = registry.change(codes[0]!, { capital: 5_000_000_000 });
  clock.now += 5 * MINUTE;
  const { metric, status } = replica();
  await until(caughtUp);
  registry.change(codes[0]!, { street: 'Số 1 phố Huế' });
  clock.now += 5 * MINUTE;
  await until(caughtUp);
  const [first, second, ...rest] = await stored();
  t.same(rest, []);
  t.match(first, {
    position: 1,
    subject: codes[0],
    version,
    operation: 'updated',
    occurredAt: '2026-11-25T10:00:00+07:00',
    superseded: false,
  });
  t.ok(
    ['/name', '/charterCapital', '/headOffice', '/members'].every((field) =>
      first?.changedFields.includes(field),
    ),
    'of the first state nobody knows what changed',
  );
  t.match(second, { position: 2, version: version + 1, operation: 'updated' });
  t.same(
    second?.changedFields.filter((field) => field !== '/lastAmendedDate').sort(),
    ['/headOffice/fullText', '/headOffice/street', '/numberOfChanges'],
    'of the second it is the difference',
  );
  t.equal(await metric('poll_entries_total', { outcome: 'accepted' }), 2);
  t.equal(await metric('changes_accepted_total'), 2);
  t.equal(await metric('poll_leader'), 1);
  t.equal(await status('business'), 'up');
});

t.test('a state that left the outbox is no longer compared', async (t) => {
  const { clock, pool, registry, replica, caughtUp, stored, push } = await open(t, '2026-11-25T10:00');
  registry.change(codes[0]!, { capital: 1_000_000_000 });
  await push(codes[0]!);
  await pool.query('DELETE FROM change');
  registry.change(codes[0]!, { capital: 2_000_000_000 });
  clock.now += 5 * MINUTE;
  replica();
  await until(caughtUp);
  t.ok((await stored())[0]?.changedFields.includes('/shortName'), 'also a field that may have gone');
});

t.test('a pushed change and a polled one are the same, whichever comes first', async (t) => {
  const { clock, registry, replica, caughtUp, stored, refused, push } = await open(t, '2026-11-25T10:00');
  const pushed = registry.change(codes[0]!, { capital: 1_000_000_000 });
  await push(codes[0]!);
  const polled = registry.change(codes[1]!, { capital: 1_000_000_000 });
  clock.now += 5 * MINUTE;
  const { metric } = replica();
  await until(caughtUp);
  await push(codes[1]!);
  t.same(names(await stored()), [`${codes[0]} ${pushed.version}`, `${codes[1]} ${polled.version}`]);
  t.same(await refused(), []);
  t.equal(await metric('poll_entries_total', { outcome: 'duplicate' }), 1);
});

t.test('another state under the same version is refused and reported, and delays nothing', async (t) => {
  const { clock, registry, replica, caughtUp, stored, refused, push } = await open(t, '2026-11-25T10:00');
  const { version } = registry.change(codes[0]!, { capital: 1_000_000_000 });
  await push(codes[0]!, {}, { name: 'TÊN KHÁC' });
  const other = registry.change(codes[1]!, { capital: 1_000_000_000 });
  clock.now += 5 * MINUTE;
  const { metric } = replica();
  await until(caughtUp);
  t.same(names(await stored()), [`${codes[0]} ${version}`, `${codes[1]} ${other.version}`]);
  t.match(await refused(), [
    { subject: codes[0], version, reason: 'change_conflict', places: [], times: 1, settled: false },
  ]);
  t.equal(await metric('poll_refused_total', { reason: 'change_conflict' }), 1);
  t.equal(await metric('poll_entries_total', { outcome: 'refused' }), 1);

  // The next version settles it: every copy has a state that the registry has.
  registry.change(codes[0]!, { capital: 2_000_000_000 });
  clock.now += 5 * MINUTE;
  await until(caughtUp);
  t.match(await refused(), [{ settled: true }]);
  t.equal((await stored()).length, 3);

  const conflicting = await push(codes[1]!, {}, { name: 'TÊN KHÁC' }).catch((error: unknown) => error);
  t.ok(
    conflicting instanceof Problem && conflicting.code === 'change_conflict',
    'the provider learns of it too',
  );
});

t.test('a record that breaks the contract is refused with its places, and holds nothing up', async (t) => {
  const { clock, registry, replica, caughtUp, stored, refused } = await open(t, '2026-11-25T10:00');
  const broken = registry.change(codes[0]!, { name: 'X'.repeat(501) });
  const sound = registry.change(codes[1]!, { capital: 1_000_000_000 });
  clock.now += 5 * MINUTE;
  const { metric } = replica();
  await until(caughtUp);
  t.same(names(await stored()), [`${codes[1]} ${sound.version}`]);
  t.match(await refused(), [
    {
      subject: codes[0],
      version: broken.version,
      reason: 'contract_violation',
      places: ['/data/name'],
      settled: false,
    },
  ]);
  t.equal(await metric('poll_refused_total', { reason: 'contract_violation' }), 1);
  clock.now += 2 * MINUTE;
  await until(caughtUp);
  t.match(await refused(), [{ times: 1 }], 'looked at once');

  registry.change(codes[0]!, { name: 'CÔNG TY CÓ TÊN NGẮN' });
  clock.now += 5 * MINUTE;
  await until(caughtUp);
  t.match(await refused(), [{ settled: true }]);
});

t.test('a record that cannot be read, and a dossier without a record', async (t) => {
  const { clock, registry, control, replica, caughtUp, stored, refused } = await open(t, '2026-11-25T10:00');
  registry.change(codes[0]!, { capital: 1_000_000_000 });
  registry.withdraw(codes[0]!);
  registry.change(codes[1]!, { capital: 1_000_000_000 });
  await control('PUT', 'faults', { wrongSchema: true, match: 'chiTiet' });
  clock.now += 5 * MINUTE;
  const { metric } = replica();
  await until(caughtUp);
  t.match(await refused(), [{ subject: codes[1], reason: 'malformed', reference: /^L\d+/ }]);
  t.ok((await metric('poll_entries_total', { outcome: 'vanished' })) > 0);
  t.same(await stored(), []);
});

t.test(
  'a page and its cursor are stored together: PostgreSQL ends between the list and the commit',
  async (t) => {
    const server = await ownPostgres(t);
    const { clock, registry, replica, caughtUp, stored, changesSince } = await open(t, '2026-11-25T10:00', {
      url: server.url,
    });
    for (const code of codes.slice(0, 220)) registry.change(code, { capital: 1_000_000_000 });
    clock.now += 5 * MINUTE;
    let pages = 0;
    const { metric } = replica({
      async changesSince(cursor, question) {
        const page = await changesSince(cursor, question);
        // The day before is one page, without an entry; this is the second of today's three.
        if (++pages === 3) await server.kill();
        return page;
      },
    });
    await until(async () => (await metric('poll_failures_total')) > 0);
    await server.start();
    await until(() => caughtUp().catch(() => false));
    const rows = await stored();
    t.same(
      rows.map(({ position }) => position),
      Array.from({ length: 220 }, (_, index) => index + 1),
    );
    t.equal(new Set(names(rows)).size, 220, 'nothing lost, nothing twice');
    t.ok(pages > 4, 'the page was read again');
  },
);

t.test(
  'another replica takes over in the middle of a window; the first one, back again, stores nothing',
  async (t) => {
    const { clock, pool, registry, replica, caughtUp, stored, changesSince } = await open(
      t,
      '2026-11-25T10:00',
    );
    for (const code of codes.slice(0, 350)) registry.change(code, { capital: 1_000_000_000 });
    clock.now += 5 * MINUTE;
    const gate = gatedPool(pool);
    let pages = 0;
    const paused = Promise.withResolvers<void>();
    const woken = Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    const first = replica({
      pool: gate.pool,
      async changesSince(cursor, question) {
        const page = await changesSince(cursor, question);
        // As when the process is stopped: two of today's pages are stored, the third is read.
        if (++pages === 4) {
          gate.freeze();
          paused.resolve();
          await woken.promise;
          late.resolve();
        }
        return page;
      },
    });
    t.teardown(gate.thaw);
    await paused.promise;
    t.ok((await stored()).length < 350);
    const second = replica();
    await until(caughtUp);
    gate.thaw();
    woken.resolve();
    await late.promise;
    await first.close();
    const rows = await stored();
    t.equal(rows.length, 350);
    t.equal(new Set(names(rows)).size, 350, 'nothing lost, nothing twice');
    t.equal(await second.metric('poll_leader'), 1);
    t.equal(await first.metric('poll_leader'), 0);
  },
);

t.test('the cursor of an old poller moves no more, and what an operator sets is followed', async (t) => {
  const { clock, pool, registry, replica, caughtUp, stored, changesSince } = await open(
    t,
    '2026-11-25T10:00',
  );
  const old = registry.change(codes[0]!, { capital: 1_000_000_000 }, 3 * 24 * 60);
  clock.now += 5 * MINUTE;
  let pages = 0;
  const reading = Promise.withResolvers<void>();
  const set = Promise.withResolvers<void>();
  replica({
    async changesSince(cursor, question) {
      const page = await changesSince(cursor, question);
      if (++pages === 5) {
        reading.resolve();
        await set.promise;
      }
      return page;
    },
  });
  await until(caughtUp);
  t.same(await stored(), [], 'from before the first poll');
  await reading.promise;
  await pool.query(`UPDATE poll_cursor SET cursor = '{"upTo":"2026-11-22T00:00:00+07:00"}'`);
  set.resolve();
  await until(async () => (await stored()).length > 0);
  t.same(names(await stored()), [`${codes[0]} ${old.version}`]);
});

t.test('a registry that goes away and comes back is read on', async (t) => {
  const port = await freePort();
  const { clock, registry, replica, caughtUp, stored, control, running } = await open(t, '2026-11-25T10:00', {
    registries: { ports: { business: port } },
  });
  const { metric } = replica();
  await until(caughtUp);
  await control('PUT', 'faults', { drop: true });
  const { version } = registry.change(codes[0]!, { capital: 1_000_000_000 });
  clock.now += 5 * MINUTE;
  await until(async () => (await metric('poll_failures_total')) >= 3);
  t.ok(running.control.business.endsWith(String(port)));
  await control('DELETE', 'faults');
  await until(caughtUp);
  t.same(names(await stored()), [`${codes[0]} ${version}`]);
});

t.test('a gap of twelve days is walked and stored', async (t) => {
  const { clock, registry, replica, caughtUp, stored } = await open(t, '2026-11-10T10:00');
  const first = replica();
  await until(caughtUp);
  await first.close();
  const expected: string[] = [];
  for (let day = 0; day < 12; day++) {
    clock.now += 24 * 60 * MINUTE;
    expected.push(`${codes[day]} ${registry.change(codes[day]!, { capital: 1_000_000_000 }).version}`);
  }
  clock.now += 5 * MINUTE;
  replica();
  await until(caughtUp);
  t.same(names(await stored()), expected);
});

t.test('a registry that hangs delays no other', async (t) => {
  const { clock, registry, replica, caughtUp, stored, changesSince } = await open(t, '2026-11-25T10:00');
  registry.change(codes[0]!, { capital: 1_000_000_000 });
  clock.now += 5 * MINUTE;
  const hung = Promise.withResolvers<never>();
  let asked = 0;
  replica({
    sources: [
      {
        registry: 'land',
        every: 20,
        changesSince: () => {
          asked++;
          return hung.promise;
        },
      },
      { registry: 'business', every: 20, changesSince },
    ],
  });
  await until(() => asked > 0);
  await until(async () => (await stored()).length === 1);
  await until(caughtUp);
});

t.test('the rate of calls is bounded, and Retry-After is followed', async (t) => {
  const { replica } = await open(t, '2026-11-25T10:00');
  const times: number[] = [];
  const page = { changes: [], refused: [], vanished: 0, readUpTo: 0 };
  const { close } = replica({
    callsPerSecond: 10,
    changesSince: async (cursor) => {
      times.push(performance.now());
      if (times.length === 3) throw new UpstreamError('unavailable', { retryAfter: 1 });
      return { ...page, cursor: `${Number(cursor ?? 0) + 1}`, more: true, calls: 3 };
    },
  });
  await until(() => times.length >= 5);
  await close();
  const gaps = times.slice(1, 5).map((time, index) => time - times[index]!);
  // Timers may be early by a millisecond or two, and are late at will.
  t.ok(
    gaps.every((gap) => gap >= 290),
    `three calls take 300 ms: ${gaps}`,
  );
  t.ok(gaps[2]! >= 1000, `a second after Retry-After: 1: ${gaps}`);
});
