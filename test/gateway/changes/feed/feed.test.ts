import t from 'tap';
import type { FieldPath } from '../../../../gateway/catalog/catalog.ts';
import type { PushedChange } from '../../../../gateway/changes/change.ts';
import { createFeed } from '../../../../gateway/changes/feed/feed.ts';
import { ensureStreams } from '../../../../gateway/changes/intake/append.ts';
import { takeIn } from '../../../../gateway/changes/intake/intake.ts';
import { openOutbox } from '../../../../gateway/changes/outbox/outbox.ts';
import { prune } from '../../../../gateway/changes/outbox/prune.ts';
import type { StructuredEvent } from '../../../../gateway/changes/render/event.ts';
import { Problem } from '../../../../gateway/problems/problem.ts';
import { freshDatabase } from '../../../support/database.ts';
import {
  changeOf,
  codeOf,
  grantOf,
  publication,
  publicUrl,
  recordingEvidence,
  secrets,
  storeOf,
  stream,
} from '../support.ts';

type Tap = Parameters<typeof freshDatabase>[0];

async function open(t: Tap) {
  const pool = await storeOf(t, await freshDatabase(t));
  await ensureStreams(pool, ['business']);
  let queries = 0;
  const counted = new Proxy(pool, {
    get(target, name) {
      if (name === 'query') queries += 1;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const outboxes = new Map([['business', openOutbox(counted, 'business')]]);
  const feed = createFeed({ pool: counted, outboxes, secrets, publicUrl });
  return {
    pool,
    feed,
    /** That the feed made so far. */
    queries: () => queries,
    publish: (...changes: PushedChange[]) =>
      takeIn({ pool, evidence: recordingEvidence() }, stream, { changes }, publication),
    read: async (grant = grantOf('TT-1'), after?: string, limit = 100, until = Number.POSITIVE_INFINITY) => {
      const page = await feed.page({ grants: [grant], registry: 'business', after }, limit, until);
      return { ...page, events: page.events.map((text): StructuredEvent => JSON.parse(text)) };
    },
  };
}

async function codeOfRefusal(work: Promise<unknown>): Promise<string | undefined> {
  const error = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  return error instanceof Problem ? error.code : undefined;
}

const versions = (page: { events: readonly StructuredEvent[] }) =>
  page.events.map((event) => `${event.entityversion}@${Number(event.sequence)}`);

t.test('a moment that was stored in another notation is delivered in the notation of RFC 3339', async (t) => {
  const { pool, publish, read } = await open(t);
  await publish(changeOf(1, 1), changeOf(2, 1));
  await pool.query(`UPDATE change SET occurred_at = '2026-11-02 09:15:00+07' WHERE position = 1`);
  const { events } = await read();
  t.same(
    events.map(({ time }) => time),
    ['2026-11-02T09:15:00+07:00', changeOf(2, 1).occurredAt],
  );
});

t.test('pages follow each other without a gap', async (t) => {
  const { publish, read } = await open(t);
  await publish(...Array.from({ length: 7 }, (_, i) => changeOf(1, i + 1)));
  const first = await read(undefined, undefined, 3);
  t.same([versions(first), first.hasMore], [['1@1', '2@2', '3@3'], true]);
  const second = await read(undefined, first.next, 3);
  t.same([versions(second), second.hasMore], [['4@4', '5@5', '6@6'], true]);
  t.same((await read(undefined, first.next, 3)).events, second.events, 'the same again');
  const third = await read(undefined, second.next, 3);
  t.same([versions(third), third.hasMore], [['7@7'], false]);
  const empty = await read(undefined, third.next, 3);
  t.same([empty.events, empty.hasMore, empty.disclosures], [[], false, []]);
  await publish(changeOf(1, 8));
  t.same(versions(await read(undefined, empty.next, 3)), ['8@8'], 'at once after its 201');
});

t.test('an event carries no identifier outside its state, and only what is granted', async (t) => {
  const { publish, read } = await open(t);
  await publish(changeOf(42, 1), changeOf(42, 2, { operation: 'deleted' }));
  const { events, disclosures } = await read(grantOf('TT-1', { fields: ['/name'] }));
  t.notMatch(JSON.stringify(events), codeOf(42));
  t.same(events[0], {
    specversion: '1.0',
    id: `${secrets.pseudonym('TT-1', 'enterprise', codeOf(42))}.1`,
    source: `${publicUrl}/v1/changes/business`,
    type: 'vn.lienthong.business.enterprise.created.v1',
    subject: secrets.pseudonym('TT-1', 'enterprise', codeOf(42)),
    time: '2026-03-01T08:00:00+07:00',
    dataschema: `${publicUrl}/schemas/change-event.schema.json`,
    datacontenttype: 'application/json',
    sequence: '0000000000000001',
    entityversion: '1',
    agreement: 'TT-1',
    data: { version: 1, operation: 'created', changedFields: [], state: { name: 'Công ty 42 v1' } },
  });
  t.same(events[1]?.data, { version: 2, operation: 'deleted', changedFields: [] });
  t.equal(events[1]?.type, 'vn.lienthong.business.enterprise.deleted.v1');
  t.equal(disclosures.length, 1);
});

const inHanoi = (fields?: readonly FieldPath[]) =>
  grantOf('TT-1', { provinces: ['01'], ...(fields && { fields }) });

t.test('changes that are not delivered to the reader do not show in hasMore', async (t) => {
  const foreign: Readonly<Record<string, PushedChange>> = {
    'another province': changeOf(2, 1, { province: '79' }),
    'a field that is not granted': changeOf(1, 2),
  };
  const grant = inHanoi(['/code', '/headOffice']);
  for (const [what, change] of Object.entries(foreign)) {
    t.test(what, async (t) => {
      const { publish, read } = await open(t);
      const more = async (limit: number, after?: string) => {
        const page = await read(grant, after, limit);
        return { ...page, seen: [versions(page), page.hasMore] };
      };
      await publish(changeOf(1, 1));
      const alone = await more(1);
      t.same(alone.seen, [['1@1'], false]);
      await publish(change);
      t.same((await more(1)).seen, alone.seen);
      t.same((await more(2)).seen, alone.seen);
      const rest = await more(1, alone.next);
      t.same(rest.seen, [[], false]);
      t.equal(rest.next.length, alone.next.length);
      await publish(
        changeOf(3, 1),
        change.subject === codeOf(1) ? changeOf(1, 3) : changeOf(4, 1, { province: '79' }),
      );
      t.same((await more(1)).seen, [['1@1'], true], 'another event does show');
      t.same((await more(1, alone.next)).seen, [['1@2'], false]);
    });
  }
});

const elsewhere = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => changeOf(from + n, 1, { province: '48' }));

t.test('a page reads on to its next event, however far it is', async (t) => {
  const { publish, read, queries } = await open(t);
  await publish(changeOf(9997, 1));
  for (let i = 0; i < 6; i++) await publish(...elsewhere(i * 1000, 1000));
  await publish(changeOf(9998, 1), changeOf(9999, 1));
  const grant = inHanoi();
  const first = await read(grant, undefined, 1);
  t.same([versions(first), first.hasMore], [['1@1'], true]);
  const before = queries();
  const second = await read(grant, first.next, 1);
  t.same([versions(second), second.hasMore], [['1@2'], true]);
  t.ok(queries() - before <= 2, 'what holds nothing for these grants is read once');
  t.same(versions(await read(grant, undefined, 3)), ['1@1', '1@2', '1@3'], 'and leaves nothing out');
  t.ok(queries() - before <= 5);
  t.same(
    (await read(grantOf('TT-2'), undefined, 500)).events.length,
    500,
    'for other grants it holds something',
  );
});

t.test('a page whose time is over says what it has, and moves on', async (t) => {
  const { publish, read } = await open(t);
  await publish(...elsewhere(0, 900), changeOf(9999, 1));
  const grant = inHanoi();
  const first = await read(grant, undefined, 100, 0);
  t.same([first.events, first.hasMore], [[], true]);
  const second = await read(grant, first.next, 100, 0);
  t.same([versions(second), second.hasMore], [['1@1'], false]);
});

t.test('a page costs one query beside where the stream is', async (t) => {
  const { publish, read, queries } = await open(t);
  await publish(...Array.from({ length: 20 }, (_, i) => changeOf(i, 1)), ...elsewhere(1000, 20));
  const grant = inHanoi();
  let before = queries();
  const first = await read(grant, undefined, 10);
  t.equal(queries() - before, 2);
  before = queries();
  const second = await read(grant, first.next, 10);
  t.same([second.events.length, second.hasMore], [10, false]);
  t.equal(queries() - before, 1, 'none for what was read before');
});

t.test('a stream that has enough reads no further', async (t) => {
  const { feed, publish, queries } = await open(t);
  await publish(changeOf(1, 1), ...elsewhere(1000, 900));
  const grants = [inHanoi()];
  const follower = await feed.follow({ grants, registry: 'business', after: undefined });
  const before = queries();
  const { events, hasMore } = await follower.next(grants, { events: 1, bytes: 1_000_000 });
  t.same([events.length, hasMore, queries() - before], [1, true, 1]);
});

t.test('a cursor of somebody else, of another registry, or made up, is refused', async (t) => {
  const { publish, read } = await open(t);
  await publish(changeOf(1, 1));
  const { next } = await read();
  t.equal(await codeOfRefusal(read(grantOf('TT-2'), next)), 'cursor_invalid');
  for (const bad of [
    '',
    'x',
    '0',
    `${next}A`,
    next.slice(1),
    next.slice(0, -2),
    `B${next.slice(1)}`,
    `${next}=`,
  ]) {
    t.equal(await codeOfRefusal(read(undefined, bad)), 'cursor_invalid', bad);
  }
  const bytes = Buffer.from(next, 'base64url');
  t.ok(bytes.length > 16);
  for (let i = 0; i < bytes.length; i++) {
    const tampered = Buffer.from(bytes);
    tampered[i] = tampered[i]! ^ 1;
    if ((await codeOfRefusal(read(undefined, tampered.toString('base64url')))) !== 'cursor_invalid')
      t.fail(`byte ${i}`);
  }
});

t.test('a cursor is worth nothing when changes after it are gone, or the grant changed', async (t) => {
  const { pool, publish, read } = await open(t);
  await publish(changeOf(1, 1), changeOf(1, 2));
  const early = await read(undefined, undefined, 1);
  const late = await read(undefined, early.next);
  await pool.query(`UPDATE change SET recorded_at = now() - interval '8 days'`);
  await prune(pool, 'business', 7);
  t.equal(await codeOfRefusal(read(undefined, early.next)), 'cursor_expired');
  t.same((await read(undefined, late.next)).events, [], 'at the end nothing is missing');
  await publish(changeOf(1, 3));
  t.same(versions(await read()), ['3@1'], 'begins at the oldest kept');
  t.equal(await codeOfRefusal(read(grantOf('TT-1', { fields: ['/name'] }), late.next)), 'cursor_expired');
});

t.test('a reader that stays connected receives the same events as in pages', async (t) => {
  const { feed, publish, read } = await open(t);
  const grants = [grantOf('TT-1')];
  const follower = await feed.follow({ grants, registry: 'business', after: undefined });
  const limits = { events: 3, bytes: 1_000_000 };
  const never = new AbortController();
  let woken = false;
  const ready = follower.ready(never.signal).then(() => {
    woken = true;
  });
  t.same(await follower.next(grants, limits), { events: [], hasMore: false, disclosures: [] });
  t.notOk(woken);
  await publish(...Array.from({ length: 4 }, (_, i) => changeOf(1, i + 1)));
  const { events: delivered } = await read();
  await ready;
  const first = await follower.next(grants, limits);
  const second = await follower.next(grants, limits);
  t.same([first.hasMore, second.hasMore], [true, false]);
  const events = [...first.events, ...second.events];
  t.same(
    events.map(({ json }) => JSON.parse(Buffer.concat(json).toString())),
    delivered,
  );
  t.same(
    versions(await read(undefined, events[1]!.cursor)),
    ['3@3', '4@4'],
    'each cursor goes on after its event',
  );
  t.equal(follower.newerCursor(), undefined, 'the cursor of the last event goes on there');
  t.same((await read(undefined, events.at(-1)!.cursor)).events, []);
  const small = await feed.follow({ grants, registry: 'business', after: undefined });
  t.equal((await small.next(grants, { events: 3, bytes: 1 })).events.length, 1, 'at least one');
});

t.test(
  'a reader that stays gets a newer cursor when changes pass that are not for it, and only then',
  async (t) => {
    const { feed, publish, read } = await open(t);
    const grant = grantOf('TT-1', { provinces: ['01'] });
    const follower = await feed.follow({ grants: [grant], registry: 'business', after: undefined });
    const next = async () => {
      // Whoever asks for a page looks how far the outbox goes.
      await read(grant);
      return (await follower.next([grant], { events: 9, bytes: 1_000_000 })).events;
    };
    const begin = follower.newerCursor();
    t.type(begin, 'string', 'its first one, though nothing has happened');
    t.equal(follower.newerCursor(), undefined);
    await publish(changeOf(1, 1, { province: '48' }));
    t.same(await next(), []);
    const passed = follower.newerCursor();
    t.type(passed, 'string');
    t.equal(follower.newerCursor(), undefined, 'once');
    await publish(changeOf(2, 1, { province: '01' }));
    t.equal((await next()).length, 1);
    t.equal(follower.newerCursor(), undefined, 'the event has its own');
    for (const cursor of [begin, passed]) t.equal((await read(grant, cursor)).events.length, 1);
  },
);

t.test('an event for many readers is rendered once', async (t) => {
  const { feed, publish } = await open(t);
  await publish(changeOf(1, 1), changeOf(2, 1));
  const grants = [grantOf('TT-1')];
  const limits = { events: 10, bytes: 1_000_000 };
  const delivered = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const follower = await feed.follow({ grants, registry: 'business', after: undefined });
      return (await follower.next(grants, limits)).events;
    }),
  );
  for (const [of, event] of delivered[0]!.entries()) {
    const [head, , tail] = event.json;
    t.ok(
      delivered.every((events) => events[of]!.json[0] === head && events[of]!.json[2] === tail),
      'the same bytes, not equal ones',
    );
  }
  t.equal(
    new Set(delivered.map((events) => events[0]!.cursor)).size,
    delivered.length,
    'a cursor is one reader’s own',
  );
});

t.test('a reader that stays, and what it has not read is removed, or its grants change', async (t) => {
  const { feed, pool, publish, read } = await open(t);
  const grants = [grantOf('TT-1')];
  const limits = { events: 1, bytes: 1_000_000 };
  const follow = () => feed.follow({ grants, registry: 'business', after: undefined });
  await publish(changeOf(1, 1), changeOf(1, 2));
  const [behind, narrowed] = [await follow(), await follow()];
  t.equal((await behind.next(grants, limits)).events.length, 1);
  const less = [grantOf('TT-1', { fields: ['/name'] })];
  t.equal(await codeOfRefusal(narrowed.next(less, limits)), 'cursor_expired');
  for (let i = 0; i < 5; i++) await publish(changeOf(2, i + 1));
  await pool.query(`UPDATE change SET recorded_at = now() - interval '8 days'`);
  await prune(pool, 'business', 7);
  t.same((await read()).events, [], 'this process knows how far the stream has come');
  const outcome = async () => {
    for (;;) if ((await behind.next(grants, limits)).events.length === 0) return;
  };
  t.equal(await codeOfRefusal(outcome()), 'cursor_expired');
});
