/**
 * What every write of an adapter must do, whatever its registry speaks: `Write` of `adapters/adapter.ts` as tests, on real
 * HTTP servers. Decisive is which failures leave open what became of a request: they must never look certain.
 */
import t, { type Test } from 'tap';
import type { Adapter, Applied, Rejection, Unknown, Within, WriteOutcome } from '../../adapters/adapter.ts';
import { UpstreamError } from '../../adapters/adapter.ts';
import type { UpstreamOptions } from '../../adapters/upstream/upstream.ts';
import { recordingObserver } from '../adapters/support/observer.ts';
import {
  drop,
  inTurn,
  type Received,
  type Reply,
  type Respond,
  send,
  silence,
  startServer,
  truncate,
} from '../adapters/support/server.ts';
import { never, tryMutations, unlessFailed } from './absence.ts';
import { callOf, versioned } from './calls.ts';

export interface WriteSubject {
  readonly registry: string;
  readonly service: string;
  readonly request: object;
  readonly deduplicates: boolean;
  create(url: string, options: UpstreamOptions): Adapter;
  /** The registry's answer to a request with this id that it applied, and in our words. */
  applied(id: string): Reply;
  readonly outcome: Omit<Applied, 'state'>;
  /** Its answers to requests that it decided against. */
  rejected(id: string): Readonly<Partial<Record<Rejection, Reply>>>;
  /** A refusal of the gateway or the officer. */
  readonly refused: Reply;
  /** Its answer to the question about a request with this id: of one that it applied, rejected, and has not seen. */
  answers(id: string): { readonly applied: Reply; readonly rejected: Reply; readonly unseen: Reply };
  /** Where the record of `request` may be, with the registry's answer to whoever looks for it. */
  readonly places: Readonly<Record<string, { reply: Reply; within: Within; isWithin: boolean }>>;
  /** Answers with 200 that are not what they should be. */
  wrong(id: string): Readonly<Record<string, Reply>>;
  /** Is this a request that changes something? */
  changes(received: Received): boolean;
  /** Is this the question, and not the request? */
  isQuestion(received: Received): boolean;
  /** The id that a request, or a question, names. */
  idOf(received: Received): string | undefined;
}

const id = callOf().requestId;
const questionId = '0198c0de-0000-7000-8000-0000000000ff';

export function testWrite(subject: WriteSubject): void {
  const { service } = subject;
  const test = (name: string, run: (t: Test) => Promise<void>) =>
    t.test(`${service}: ${name}`, { timeout: 600_000 }, run);

  async function setUp(t: Test, respond: Respond, options: Partial<UpstreamOptions> = {}) {
    const server = await startServer(t, respond);
    const adapter = subject.create(server.url, {
      maxConnections: 4,
      maxResponseBytes: 100_000,
      observer: recordingObserver(),
      ...options,
    });
    t.teardown(() => adapter.close());
    const write = adapter.writes![versioned(service)]!;
    return {
      server,
      write,
      perform: (deadline?: number): Promise<WriteOutcome> =>
        write.perform(subject.request as never, callOf(deadline)),
      ask: (): Promise<WriteOutcome | Unknown> =>
        write.outcome(id, subject.request as never, callOf(undefined, { requestId: questionId })),
    };
  }

  /** The failure of what must fail as the port says. */
  async function failure(t: Test, outcome: Promise<unknown>, what: string): Promise<string | undefined> {
    const error: unknown = await outcome.then(
      (value) => value,
      (reason: unknown) => reason,
    );
    if (error instanceof UpstreamError) return error.failure;
    t.fail(`${what}: not as the port says`, { error });
    return undefined;
  }

  /** A failure that leaves open what became of the request. */
  async function openFailure(t: Test, outcome: Promise<unknown>, what: string): Promise<void> {
    t.match(await failure(t, outcome, what), /^(timeout|failed|malformed)$/, what);
  }

  test('says whether its registry recognises a request', async (t) => {
    const { write } = await setUp(t, silence);
    t.equal(write.deduplicates, subject.deduplicates);
  });

  test('applied: the record in our words, by the id of the call', async (t) => {
    const { perform, server } = await setUp(t, send(subject.applied(id)));
    t.strictSame(await perform(), { state: 'applied', ...subject.outcome });
    t.equal(server.received.length, 1);
    t.equal(subject.idOf(server.received[0]!), id);
    t.notOk(subject.isQuestion(server.received[0]!));
  });

  test('rejected, with a word of ours', async (t) => {
    for (const [reason, reply] of Object.entries(subject.rejected(id))) {
      const { perform, server } = await setUp(t, send(reply));
      t.strictSame(await perform(), { state: 'rejected', reason });
      t.equal(server.received.length, 1, 'not sent again');
    }
  });

  test('certain that nothing was changed: refused, or not sent at all', async (t) => {
    const refusing = await setUp(t, send(subject.refused));
    t.equal(await failure(t, refusing.perform(), 'refused'), 'refused');
    const failing = await setUp(t, send({ status: 500 }), { breaker: { consecutive: 1, openFor: 60_000 } });
    await openFailure(t, failing.perform(), 'the first');
    const sent = failing.server.received.length;
    t.equal(await failure(t, failing.perform(), 'not sent'), 'unavailable');
    t.equal(failing.server.received.length, sent);
  });

  test('every failure that leaves the outcome open looks so', async (t) => {
    const open: Readonly<Record<string, Respond>> = {
      drop,
      truncate,
      ...Object.fromEntries([500, 502, 503, 504].map((status) => [status, send({ status })])),
      '503, come back later': send({ status: 503, headers: { 'retry-after': '1' } }),
      'a redirect': send({ status: 302 }),
      'nothing readable': send({ body: '<html>' }),
      'a page of somebody else’s': send({ status: 404, body: '<html>' }),
    };
    for (const [what, respond] of Object.entries(open)) {
      const { perform } = await setUp(t, respond);
      await openFailure(t, perform(), what);
    }
    const { perform } = await setUp(t, silence);
    await openFailure(t, perform(80), 'silence');
  });

  for (const [what, reply] of Object.entries(subject.wrong(id))) {
    test(`malformed: ${what}`, async (t) => {
      const { perform } = await setUp(t, send(reply));
      t.equal(await failure(t, perform(), what), 'malformed');
    });
  }

  test('nothing is decided, or unseen, because something is missing', async (t) => {
    const { answers, applied, rejected } = subject;
    const said = [...Object.values(rejected(id)), answers(id).rejected, answers(id).unseen];
    for (const [good, how] of [
      [applied(id), 'perform'],
      [answers(id).applied, 'ask'],
    ] as const) {
      const one = await setUp(t, send(good), never);
      await tryMutations(t, good, said, (reply) => {
        one.server.respond = send(reply);
        return unlessFailed<WriteOutcome | Unknown>(one[how](), ({ state }) =>
          state === 'applied' ? undefined : state,
        );
      });
      one.server.respond = send(good);
      t.strictSame(await one[how](), { state: 'applied', ...subject.outcome });
    }
  });

  test('is not sent more often than its registry can stand', async (t) => {
    const most = subject.deduplicates ? 2 : 1;
    const { perform, server } = await setUp(t, drop);
    await openFailure(t, perform(), 'drop');
    t.equal(server.received.length, most);
    t.same(new Set(server.received.map(subject.idOf)), new Set([id]), 'always by the same id');
    if (!subject.deduplicates) return;
    const recovering = await setUp(t, inTurn(drop, send(subject.applied(id))));
    t.match(await recovering.perform(), { state: 'applied' });
  });

  test('outcome: applied, rejected, unknown; it only asks', async (t) => {
    const { applied, rejected, unseen } = subject.answers(id);
    const cases = [
      [applied, { state: 'applied', ...subject.outcome }],
      [rejected, { state: 'rejected' }],
      [unseen, { state: 'unknown' }],
    ] as const;
    for (const [reply, expected] of cases) {
      const { ask, server } = await setUp(t, send(reply));
      t.match(await ask(), expected);
      t.ok(server.received.length === 1 && server.received.every(subject.isQuestion));
      t.equal(subject.idOf(server.received[0]!), id);
    }
  });

  test('within: by where the record is; it only asks, and the same of every record', async (t) => {
    const asked = new Set<string>();
    for (const [what, { reply, within, isWithin }] of Object.entries(subject.places)) {
      const { write, server } = await setUp(t, send(reply));
      const call = callOf(undefined, { requestId: questionId, within });
      t.equal(await write.isWithin?.(subject.request as never, call), isWithin, what);
      asked.add(JSON.stringify(server.received.map(({ method, url, body }) => [method, url, body])));
      t.notOk(server.received.some((received) => subject.changes(received)));
    }
    t.ok(asked.size <= 1, 'the same, and no more of one than of another');
    const { write, server } = await setUp(t, send(subject.applied(id)));
    await write.perform(subject.request as never, callOf());
    t.ok(subject.changes(server.received[0]!), 'which is how a change looks');
  });

  test('outcome: throws when the registry cannot be asked', async (t) => {
    for (const respond of [
      drop,
      send({ status: 500 }),
      send({ status: 404, body: 'x' }),
      send({ body: '{' }),
    ]) {
      const { ask } = await setUp(t, respond);
      t.match(await failure(t, ask(), 'not asked'), /^(failed|malformed)$/);
    }
  });
}
