/** The business adapter's `changesSince`, on the simulated registry, both under one clock of the test's own. */
import t, { type Test } from 'tap';
import type { ChangesPage, ChangesQuestion } from '../../../../adapters/adapter.ts';
import { createBusinessAdapter } from '../../../../adapters/business/adapter.ts';
import { allEnterprises } from '../../../../deploy/sandbox/registries/business/registry.ts';
import type { Fault } from '../../../../deploy/sandbox/registries/http/faults.ts';
import { startRegistries } from '../../../../deploy/sandbox/registries/start.ts';
import { failureOf } from '../../../conformance/calls.ts';
import { recordingObserver } from '../../support/observer.ts';

const MINUTE = 60_000;
const codes = allEnterprises().map(({ code }) => code);
const at = (text: string) => Date.parse(`${text}+07:00`);

async function open(t: Test, begin: string) {
  const clock = { now: at(begin) };
  const registries = await startRegistries({ now: () => clock.now });
  t.teardown(() => registries.close());
  const adapter = createBusinessAdapter(registries.business, {
    maxConnections: 8,
    maxResponseBytes: 1_000_000,
    observer: recordingObserver(),
  });
  t.teardown(() => adapter.close());
  const control = async (method: string, what: string, body?: Fault) => {
    const response = await fetch(`${registries.control.business}/control/${what}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    return response.json() as Promise<{ operations: Record<string, number> }>;
  };
  const place: { cursor: string | undefined } = { cursor: undefined };
  const page = async (question: Partial<ChangesQuestion> = {}): Promise<ChangesPage> => {
    const read = await adapter.changesSince!(place.cursor, {
      requestId: '0198c0de-0000-7000-8000-000000000001',
      now: clock.now,
      callWithin: 10_000,
      lastResort: false,
      ...question,
    });
    place.cursor = read.cursor;
    return read;
  };
  return {
    clock,
    registry: registries.registries.business,
    page,
    /** Reads until there is no more. */
    async round(): Promise<ChangesPage[]> {
      const pages = [await page()];
      while (pages.at(-1)!.more) pages.push(await page());
      return pages;
    },
    fault: (fault: Fault) => control('PUT', 'faults', fault),
    clear: () => control('DELETE', 'faults'),
    async asked() {
      const { operations } = await control('GET', 'stats');
      await control('DELETE', 'stats');
      return operations;
    },
    place,
  };
}

const changesIn = (pages: readonly ChangesPage[]) =>
  pages.flatMap(({ changes }) => changes.map(({ subject, version }) => `${subject} ${version}`));

t.test('an amendment is read when it is two minutes old, once, with the whole record', async (t) => {
  const { clock, registry, round, asked } = await open(t, '2026-11-25T10:00:30');
  t.same(changesIn(await round()), [], 'a day without entries');
  const { version } = registry.change(codes[0]!, { capital: 5_000_000_000 });
  clock.now += MINUTE;
  t.same(changesIn(await round()), []);
  clock.now += MINUTE;
  const [read] = await round();
  t.match(read, {
    more: false,
    calls: 2,
    vanished: 0,
    refused: [],
    readUpTo: at('2026-11-25T10:00'),
    changes: [
      {
        entity: 'enterprise',
        subject: codes[0],
        version,
        isNew: false,
        occurredAt: '2026-11-25T10:00:00+07:00',
        data: { enterpriseCode: codes[0], charterCapital: 5_000_000_000, numberOfChanges: version },
      },
    ],
  });
  await asked();
  for (let poll = 0; poll < 3; poll++) {
    clock.now += MINUTE;
    t.same(changesIn(await round()), [], 'the overlap brings it again, and it is not reported again');
  }
  t.same(await asked(), { danhSachHoSoTrongNgay: 3 }, 'nor asked for');
});

t.test('an entry that comes ten minutes late is caught by the overlap', async (t) => {
  const { clock, registry, round } = await open(t, '2026-11-25T10:00:00');
  await round();
  clock.now += 20 * MINUTE;
  registry.change(codes[1]!, { capital: 1_000_000_000 });
  await round();
  const { version } = registry.change(codes[0]!, { capital: 5_000_000_000 }, 10);
  t.same(changesIn(await round()), [`${codes[0]} ${version}`]);
});

t.test('several dossiers of one enterprise are one record', async (t) => {
  const { clock, registry, round, asked } = await open(t, '2026-11-25T10:00:00');
  await round();
  registry.change(codes[0]!, { capital: 1_000_000_000 });
  registry.change(codes[0]!, { capital: 2_000_000_000 });
  const { version } = registry.change(codes[0]!, { capital: 3_000_000_000 });
  clock.now += 5 * MINUTE;
  await asked();
  t.same(changesIn(await round()), [`${codes[0]} ${version}`]);
  t.match(await asked(), { chiTietDoanhNghiep: 1 });
});

t.test('a list that is longer than a page, and moves while it is paged, is read again', async (t) => {
  const { clock, registry, page, round, asked } = await open(t, '2026-11-25T10:00:00');
  await round();
  clock.now += 30 * MINUTE;
  const amended = codes.slice(0, 250);
  // All in one minute, the fifth before: what is entered late, before them, moves every one of them.
  for (const code of amended) registry.change(code, { capital: 1_000_000_000 }, 5);
  const read = [await page()];
  t.match(read[0], { more: true, changes: { length: 100 } });
  registry.change(codes[300]!, { capital: 1_000_000_000 }, 9);
  read.push(await page());
  t.match(read[1], { more: true, changes: { length: 0 }, calls: 1 }, 'the count is another');
  await asked();
  read.push(...(await round()));
  t.same(
    new Set(read.flatMap(({ changes }) => changes.map(({ subject }) => subject))),
    new Set([...amended, codes[300]]),
  );
  t.same(await asked(), { danhSachHoSoTrongNgay: 3, chiTietDoanhNghiep: 151 }, 'records are read once');
});

t.test('DataCount that changes on demand', async (t) => {
  const { clock, registry, page, round, fault } = await open(t, '2026-11-25T10:00:00');
  await round();
  clock.now += 30 * MINUTE;
  for (const code of codes.slice(0, 120)) registry.change(code, { capital: 1_000_000_000 }, 5);
  await page();
  await fault({ recount: 1, count: 1, match: 'danhSach' });
  t.match(await page(), { changes: { length: 0 }, more: true });
  t.equal(changesIn(await round()).length, 20);
});

t.test('a gap of twelve days is walked, window by window', async (t) => {
  const { clock, registry, round, asked } = await open(t, '2026-11-10T10:00:00');
  await round();
  const expected: string[] = [];
  for (let day = 0; day < 12; day++) {
    for (let n = 0; n < 3; n++) {
      const code = codes[day * 10 + n]!;
      clock.now += 3 * 60 * MINUTE;
      expected.push(`${code} ${registry.change(code, { capital: 1_000_000_000 }).version}`);
    }
    clock.now += 15 * 60 * MINUTE;
  }
  await asked();
  const pages = await round();
  t.same(changesIn(pages), expected);
  t.same(await asked(), { danhSachHoSo: 3, danhSachHoSoTrongNgay: 1, chiTietDoanhNghiep: 36 });
  t.equal(pages.at(-1)?.readUpTo, clock.now - 2 * MINUTE);
});

t.test('over midnight, poll by poll, with entries that come late', async (t) => {
  const { clock, registry, round } = await open(t, '2026-11-24T23:30:00');
  await round();
  const expected = new Set<string>();
  const read: string[] = [];
  for (let n = 0; n < 60; n++) {
    clock.now += MINUTE;
    const { version } = registry.change(codes[n]!, { capital: 1_000_000_000 }, n % 3 === 0 ? 10 : 0);
    expected.add(`${codes[n]} ${version}`);
    read.push(...changesIn(await round()));
  }
  clock.now += 3 * MINUTE;
  read.push(...changesIn(await round()));
  t.same(new Set(read), expected);
  t.equal(read.length, expected.size, 'none twice');
});

t.test('a round that crosses midnight between two pages begins its window again', async (t) => {
  const { clock, registry, page, round } = await open(t, '2026-11-24T23:00:00');
  await round();
  for (const code of codes.slice(0, 150)) registry.change(code, { capital: 1_000_000_000 });
  clock.now = at('2026-11-24T23:50');
  const read = [await page()];
  clock.now = at('2026-11-25T00:20');
  read.push(...(await round()));
  t.equal(new Set(changesIn(read)).size, 150);
});

t.test('a record that is gone is looked for while it may come late, and counted', async (t) => {
  const { clock, registry, round } = await open(t, '2026-11-25T10:00:00');
  await round();
  const { version } = registry.change(codes[0]!, { capital: 1_000_000_000 });
  registry.change(codes[1]!, { capital: 1_000_000_000 });
  registry.withdraw(codes[0]!);
  clock.now += 3 * MINUTE;
  const [first] = await round();
  t.match(first, { vanished: 1, changes: [{ subject: codes[1] }], refused: [] });
  registry.withdraw(codes[0]!, false);
  clock.now += MINUTE;
  t.same(changesIn(await round()), [`${codes[0]} ${version}`]);
});

t.test(
  'a record that breaks the protocol is refused, with the field, and the others are taken',
  async (t) => {
    const { clock, registry, round, fault, clear } = await open(t, '2026-11-25T10:00:00');
    await round();
    for (const code of codes.slice(0, 3)) registry.change(code, { capital: 1_000_000_000 });
    clock.now += 3 * MINUTE;
    await fault({ wrongSchema: true, match: 'chiTiet', count: 1 });
    const [read] = await round();
    t.match(read, {
      changes: { length: 2 },
      refused: [{ entity: 'enterprise', reason: 'malformed', reference: /^L\d+$/, places: [/^[A-Za-z_]+$/] }],
    });
    await clear();
    clock.now += MINUTE;
    t.match(await round(), [{ changes: [], refused: [] }], 'once');
  },
);

t.test('an answer that cannot be read holds the page up, and is refused as a last resort', async (t) => {
  const { clock, registry, page, round, fault, clear, place } = await open(t, '2026-11-25T10:00:00');
  await round();
  for (const code of codes.slice(0, 3)) registry.change(code, { capital: 1_000_000_000 });
  clock.now += 3 * MINUTE;
  const before = place.cursor;
  await fault({ malformed: true, match: 'chiTiet' });
  t.equal((await failureOf(t, page())).failure, 'malformed');
  await fault({ status: 500, match: 'chiTiet' });
  const inTrouble = await failureOf(t, page({ lastResort: true }));
  t.equal(inTrouble.failure, 'failed', 'a registry in trouble is waited for');
  await fault({ malformed: true, match: 'danhSach' });
  const withoutList = await failureOf(t, page({ lastResort: true }));
  t.equal(withoutList.failure, 'malformed', 'and so is one without a list');
  await fault({ malformed: true, match: 'chiTiet', count: 1 });
  const read = await page({ lastResort: true });
  t.match(read, { changes: { length: 2 }, refused: [{ reason: 'unreadable' }] });
  await clear();
  place.cursor = before;
  t.match(await page(), { changes: { length: 3 } }, 'the same cursor twice');
});

t.test('a registry that refuses the journal is reported as one that refuses', async (t) => {
  const { fault, page } = await open(t, '2026-11-25T10:00:00');
  await fault({ refuse: true, match: 'danhSach' });
  t.match(await failureOf(t, page()), { failure: 'refused', reason: 'access_denied' });
});

t.test('a cursor by hand, and one that is none', async (t) => {
  const { registry, round, page, place } = await open(t, '2026-11-25T10:00:00');
  const { version } = registry.change(codes[0]!, { capital: 1_000_000_000 }, 3 * 24 * 60);
  place.cursor = '{"upTo":"2026-11-22T00:00:00+07:00"}';
  t.same(changesIn(await round()), [`${codes[0]} ${version}`]);
  for (const broken of ['', '{"upTo":"yesterday"}', '{"round":{"from":"x","to":"y"}}', 'null']) {
    place.cursor = broken;
    await t.rejects(page(), Error, broken);
  }
});

t.test('minutes that a clock ahead of time has claimed are read again', async (t) => {
  const { clock, registry, round } = await open(t, '2026-11-25T10:00:00');
  clock.now += 3 * 60 * MINUTE;
  await round();
  clock.now -= 3 * 60 * MINUTE;
  await round();
  clock.now += 30 * MINUTE;
  const { version } = registry.change(codes[0]!, { capital: 1_000_000_000 });
  clock.now += 5 * MINUTE;
  t.same(changesIn(await round()), [`${codes[0]} ${version}`]);
});
