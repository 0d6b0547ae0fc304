/**
 * What every adapter's `changesSince` must do, whatever its registry speaks: the port as tests, on real HTTP servers. An
 * adapter that reads a journal describes itself as a `JournalSubject` and calls `testJournal`.
 */
import t, { type Test } from 'tap';
import type { Adapter, ChangesPage, ChangesQuestion, JournalChange } from '../../adapters/adapter.ts';
import type { UpstreamOptions } from '../../adapters/upstream/upstream.ts';
import { recordingObserver } from '../adapters/support/observer.ts';
import {
  type Received,
  type Reply,
  type Respond,
  send,
  silence,
  startServer,
} from '../adapters/support/server.ts';
import { never, tryMutations, unlessFailed } from './absence.ts';
import { failureOf } from './calls.ts';

export interface JournalSubject {
  readonly registry: string;
  create(url: string, options: UpstreamOptions): Adapter;
  /** What a request is for; a prelude (a token) is answered by `prelude`. */
  readonly kindOf: (received: Received) => 'prelude' | 'journal' | 'record';
  readonly prelude: Reply;
  /** The registry's clock: the journal's entry is a few minutes older. */
  readonly now: number;
  /** The journal without an entry, and with one. */
  readonly empty: Reply;
  readonly entry: Reply;
  /** All forms in which the registry says that there are no entries. */
  readonly none: readonly Reply[];
  /** The journal with an entry that cannot be read before that one. */
  readonly brokenEntry: Reply;
  /** The record of the entry, and the change that it is. */
  readonly record: Reply;
  readonly change: JournalChange;
  /** The record as it was before the entry; one that breaks the protocol; none. */
  readonly olderRecord: Reply;
  readonly brokenRecord: Reply;
  readonly absent: Reply;
  readonly refused: Reply;
  readonly requestIdOf: (received: Received) => string | undefined;
}

const requestId = '0198c0de-0000-7000-8000-000000000001';
const secret = 'Nguyễn-Thị-Bí-Mật';
const MOST_PAGES = 50;
const MINUTE = 60_000;

async function setUp(t: Test, subject: JournalSubject, options: Partial<UpstreamOptions> = {}) {
  const behaviour = { journal: send(subject.entry), record: send(subject.record) };
  const server = await startServer(t, (response, received) => {
    const kind = subject.kindOf(received);
    const respond: Respond = kind === 'prelude' ? send(subject.prelude) : behaviour[kind];
    respond(response, received);
  });
  const observer = recordingObserver();
  const adapter = () => {
    const created = subject.create(server.url, {
      maxConnections: 4,
      maxResponseBytes: 100_000,
      observer,
      ...options,
    });
    t.teardown(() => created.close());
    return created;
  };
  const first = adapter();
  const page = (cursor: string | undefined, question: Partial<ChangesQuestion> = {}, by = first) =>
    by.changesSince!(cursor, {
      requestId,
      now: subject.now,
      callWithin: 30_000,
      lastResort: false,
      ...question,
    });
  return {
    server,
    adapter: first,
    another: adapter,
    behaviour,
    page,
    asked: (kind: 'journal' | 'record') =>
      server.received.filter((received) => subject.kindOf(received) === kind),
    /** Reads from a cursor until there is no more. */
    async round(from?: string, question: Partial<ChangesQuestion> = {}): Promise<ChangesPage[]> {
      const pages = [await page(from, question)];
      while (pages.at(-1)!.more) {
        if (pages.length > MOST_PAGES) throw new Error('a round without an end');
        pages.push(await page(pages.at(-1)!.cursor, question));
      }
      return pages;
    },
  };
}

const changesOf = (pages: readonly ChangesPage[]) => pages.flatMap(({ changes }) => changes);
const refusedOf = (pages: readonly ChangesPage[]) => pages.flatMap(({ refused }) => refused);

export function testJournal(subject: JournalSubject): void {
  const { registry, change } = subject;
  const test = (name: string, run: (t: Test) => Promise<void>) =>
    t.test(`${registry}, journal: ${name}`, { timeout: 600_000 }, run);

  test('a round brings the change once, and the next one not again', async (t) => {
    const { round } = await setUp(t, subject);
    const first = await round();
    t.strictSame(changesOf(first), [change]);
    const { cursor, readUpTo, vanished, calls } = first.at(-1)!;
    t.ok(readUpTo <= subject.now && readUpTo > subject.now - 10 * MINUTE, 'up to nearly now');
    t.equal(vanished, 0);
    t.ok(calls >= 1);
    t.strictSame(changesOf(await round(cursor, { now: subject.now + MINUTE })), []);
  });

  test('an empty journal', async (t) => {
    const { behaviour, round } = await setUp(t, subject);
    behaviour.journal = send(subject.empty);
    const pages = await round();
    t.strictSame([changesOf(pages), refusedOf(pages)], [[], []]);
  });

  test('a cursor is all there is: read twice, and by another process', async (t) => {
    const { page, round, another } = await setUp(t, subject);
    const [first] = await round();
    const again = await page(undefined);
    t.strictSame(again, first);
    const elsewhere = await page(undefined, {}, another());
    t.strictSame(elsewhere, first);
    const last = (await round()).at(-1)!;
    const next = { now: subject.now + MINUTE };
    t.strictSame(await page(last.cursor, next, another()), await page(last.cursor, next));
  });

  test('a cursor is short, and names no subject', async (t) => {
    const { round } = await setUp(t, subject);
    for (const { cursor } of await round()) {
      t.ok(Buffer.byteLength(cursor) < 65_536);
      t.notMatch(cursor, change.subject);
    }
  });

  test('an entry that cannot be read is refused, and the others are taken', async (t) => {
    const { behaviour, round } = await setUp(t, subject);
    behaviour.journal = send(subject.brokenEntry);
    const pages = await round();
    t.strictSame(changesOf(pages), [change]);
    t.match(refusedOf(pages)[0], { entity: change.entity, reason: 'entry_malformed' });
  });

  test('a record that breaks the protocol is refused with a fixed word, without a value', async (t) => {
    const { behaviour, round, asked } = await setUp(t, subject);
    behaviour.record = send(subject.brokenRecord);
    const pages = await round();
    t.match(refusedOf(pages), [{ entity: change.entity, subject: change.subject, reason: 'malformed' }]);
    t.notMatch(JSON.stringify(refusedOf(pages)), secret);
    await round(pages.at(-1)!.cursor, { now: subject.now + MINUTE });
    t.equal(asked('record').length, 1, 'and looked at once');
  });

  test('a record that is not there is counted, and looked for again', async (t) => {
    const { behaviour, round } = await setUp(t, subject);
    behaviour.record = send(subject.absent);
    const pages = await round();
    t.equal(
      pages.reduce((sum, { vanished }) => sum + vanished, 0),
      1,
    );
    t.strictSame([changesOf(pages), refusedOf(pages)], [[], []]);
    behaviour.record = send(subject.record);
    t.strictSame(changesOf(await round(pages.at(-1)!.cursor, { now: subject.now + MINUTE })), [change]);
  });

  test('a record that is older than its entry: the state it has, a refusal, and another look', async (t) => {
    const { behaviour, round } = await setUp(t, subject);
    behaviour.record = send(subject.olderRecord);
    const pages = await round();
    t.match(changesOf(pages), [{ subject: change.subject, version: change.version - 1 }]);
    t.match(refusedOf(pages), [
      { subject: change.subject, version: change.version, reason: 'state_behind_journal' },
    ]);
    behaviour.record = send(subject.record);
    t.strictSame(changesOf(await round(pages.at(-1)!.cursor, { now: subject.now + MINUTE })), [change]);
  });

  test('no entry is gone because something is missing', async (t) => {
    const { behaviour, round } = await setUp(t, subject, never);
    const ends = (pages: readonly ChangesPage[]) => changesOf(pages).length + refusedOf(pages).length;
    await tryMutations(t, subject.entry, subject.none, (reply) => {
      behaviour.journal = send(reply);
      return unlessFailed(round(), (pages) => (ends(pages) > 0 ? undefined : 'no entry'));
    });
    behaviour.journal = send(subject.entry);
    await tryMutations(t, subject.record, [subject.absent], (reply) => {
      behaviour.record = send(reply);
      return unlessFailed(round(), (pages) => (ends(pages) > 0 ? undefined : 'no record'));
    });
    behaviour.record = send(subject.record);
    t.strictSame(changesOf(await round()), [change]);
  });

  test('a missing answer is thrown: of the journal always, of a record until the last resort', async (t) => {
    const { behaviour, page, round } = await setUp(t, subject);
    const { cursor } = (await round()).at(-1)!;
    const later = { now: subject.now + MINUTE };
    const expected: readonly [Reply, string][] = [
      [{ status: 500, body: secret }, 'failed'],
      [{ status: 429, body: secret }, 'unavailable'],
      [{ status: 401, body: secret }, 'refused'],
      [{ body: secret }, 'malformed'],
      [{ body: '[]' }, 'malformed'],
      [{ body: `{"${secret}":` }, 'malformed'],
      [subject.refused, 'refused'],
    ];
    for (const [reply, failure] of expected) {
      for (const lastResort of [false, true]) {
        behaviour.journal = send(reply);
        const error = await failureOf(t, page(cursor, { ...later, lastResort }));
        t.equal(error.failure, failure);
        t.notMatch(JSON.stringify([error, error.message, error.cause]), secret);
      }
      behaviour.journal = send(subject.entry);
      behaviour.record = send(reply);
      t.equal((await failureOf(t, round())).failure, failure);
      behaviour.record = send(subject.record);
    }
    behaviour.record = send({ body: secret });
    const pages = await round(undefined, { lastResort: true });
    t.match(refusedOf(pages), [{ subject: change.subject, reason: 'unreadable' }]);
    for (const status of [500, 429, 401]) {
      behaviour.record = send({ status });
      await failureOf(t, round(undefined, { lastResort: true }));
    }
  });

  test('timeout: each call has its own', async (t) => {
    const { behaviour, page, round } = await setUp(t, subject);
    behaviour.record = silence;
    t.equal((await failureOf(t, round(undefined, { callWithin: 80 }))).failure, 'timeout');
    behaviour.journal = silence;
    t.equal((await failureOf(t, page(undefined, { callWithin: 80 }))).failure, 'timeout');
  });

  test('the breaker opens: unavailable, and the registry is not asked', async (t) => {
    const { behaviour, page, asked, adapter } = await setUp(t, subject, {
      breaker: { consecutive: 3, openFor: 60_000 },
    });
    behaviour.journal = send({ status: 500 });
    for (let call = 0; call < 3; call++) t.equal((await failureOf(t, page(undefined))).failure, 'failed');
    t.match(await failureOf(t, page(undefined)), { failure: 'unavailable', retryAfter: 60 });
    t.equal(asked('journal').length, 3);
    t.ok(adapter.upstreams().every(({ name }) => name === registry || name.startsWith(`${registry}/`)));
    t.equal(adapter.upstreams()[0]?.breaker, 'closed', 'look-ups go on');
  });

  test('sends the request id', async (t) => {
    const { round, asked } = await setUp(t, subject);
    await round();
    for (const received of [...asked('journal'), ...asked('record')]) {
      t.equal(subject.requestIdOf(received), requestId);
    }
  });

  test('after close it is refused', async (t) => {
    const { page, round, adapter } = await setUp(t, subject);
    await round();
    await adapter.close();
    t.equal((await failureOf(t, page(undefined))).failure, 'unavailable');
    const { adapter: unused, page: ask } = await setUp(t, subject);
    await unused.close();
    t.equal((await failureOf(t, ask(undefined))).failure, 'unavailable');
  });
}
