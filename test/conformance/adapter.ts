/**
 * What every adapter must do, whatever its registry speaks: `adapters/adapter.ts` as tests, on real HTTP servers.
 * A new adapter describes itself as a `Subject` and calls `testAdapter`.
 */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import {
  type Adapter,
  type Answer,
  type Call,
  type ScannedRow,
  type ScanPage,
  UpstreamError,
  type Within,
} from '../../adapters/adapter.ts';
import { builtInOffers, offerOf } from '../../adapters/offers.ts';
import type { UpstreamOptions } from '../../adapters/upstream.ts';
import { type RecordingObserver, recordingObserver } from '../adapters/support/observer.ts';
import {
  deadUrl,
  drop,
  inTurn,
  type Received,
  type Reply,
  type Respond,
  send,
  silence,
  startServer,
  type TestServer,
  trickle,
  truncate,
} from '../adapters/support/server.ts';

export interface Subject {
  readonly registry: string;
  /** The operation that looks up one record, and a request for one. */
  readonly operation: string;
  readonly request: object;
  create(url: string, options: UpstreamOptions): Adapter;
  /** The registry's answer with the record of `request`, and the record in our words. */
  readonly found: Reply;
  readonly data: unknown;
  readonly absent: Reply;
  /** A refusal, as the registry says it. */
  readonly refused: Reply;
  /** Well-formed answers that are not what they should be: other types, another record, no record. */
  readonly wrong: Readonly<Record<string, Reply>>;
  readonly requestIdOf: (received: Received) => string | undefined;
  /** Scopes that the record of `request` is inside of, and outside. */
  readonly scope: { readonly inside: Within; readonly outside: Within };
  /** Operations that answer with a list, each of which can be restricted by these scopes. */
  readonly lists?: readonly ListSubject[];
  /** How the registry lists an entity; left out: it cannot. */
  readonly scan?: ScanSubject;
  /** Answers what comes before the operation itself (a token); undefined for the operation. */
  readonly prelude?: (received: Received) => Reply | undefined;
}

export interface ListSubject {
  readonly operation: string;
  /** Without `pageToken`. */
  readonly request: object;
  /**
   * The registry's answer when these rows are all that it has, in this order. Rows are numbered 0 to 9; even ones are
   * inside the subject's scope, odd ones outside, and of one of `broken` there is something that cannot be read.
   */
  respond(received: Received, rows: readonly number[], broken?: readonly number[]): Reply;
  /** Of a row that is inside. */
  row(row: number): unknown;
}

export interface ScanSubject {
  readonly entity: string;
  /**
   * The registry's answer to a request for a page, when these records are all that it has, in this order. Records are
   * numbered 0 to 9, and their keys have the order of their numbers. One of `unreadable` has something in it that cannot
   * be read.
   */
  respond(received: Received, records: readonly number[], unreadable?: readonly number[]): Reply;
  /** Of a record. */
  row(record: number): ScannedRow;
}

const requestId = '0198c0de-0000-7000-8000-000000000001';
const patient = 30_000;
const secret = 'Nguyễn-Thị-Bí-Mật';

export function callOf(deadlineIn = patient, overrides: Partial<Call> = {}): Call {
  return {
    requestId,
    agency: 'H26',
    system: 'H26.motcua',
    purpose: 'dich-vu-cong',
    caseId: '000.00.04.H26-260101-0001',
    officerId: 'CB-0001',
    deadline: performance.now() + deadlineIn,
    ...overrides,
  };
}

/** Calls an operation by name, or by name and version; the port keeps requests opaque. */
export function invoke(
  adapter: Adapter,
  operation: string,
  request: object,
  call = callOf(),
): Promise<Answer> {
  return adapter.operations[versioned(operation)]!(request as never, call);
}

/** `parcel` → `parcel@1`: names stand for their first version. */
export function versioned(name: string): string {
  return name.includes('@') ? name : `${name}@1`;
}

/** The failure of a call that must fail with an UpstreamError; a defect is what else it may be. */
export async function failureOf(t: Test, answer: Promise<unknown>): Promise<UpstreamError> {
  const error: unknown = await answer.then(
    (value) => new Error(`answered ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof UpstreamError) return error;
  t.fail('did not fail as the port says', { error });
  throw error;
}

interface SetUp {
  readonly server: TestServer;
  readonly adapter: Adapter;
  readonly observer: RecordingObserver;
  /** Requests of the operation itself. */
  asked(): Received[];
}

async function setUp(t: Test, subject: Subject, respond: Respond, options: Partial<UpstreamOptions> = {}) {
  const prelude = subject.prelude ?? (() => undefined);
  const server = await startServer(t, (response, received) => {
    const before = prelude(received);
    if (before) send(before)(response, received);
    else respond(response, received);
  });
  const observer = recordingObserver();
  const adapter = subject.create(server.url, {
    maxConnections: 4,
    maxResponseBytes: 100_000,
    observer,
    ...options,
  });
  t.teardown(() => adapter.close());
  const result: SetUp = {
    server,
    adapter,
    observer,
    asked: () => server.received.filter((received) => !prelude(received)),
  };
  return result;
}

export function testAdapter(subject: Subject): void {
  const { registry, operation, request } = subject;
  const test = (name: string, run: (t: Test) => Promise<void>) => t.test(`${registry}: ${name}`, run);
  const ask = (adapter: Adapter, call?: Call) => invoke(adapter, operation, request, call);

  test('names its operations after the registry', async (t) => {
    const { adapter } = await setUp(t, subject, silence);
    t.equal(adapter.registry, registry);
    for (const name of Object.keys({ ...adapter.operations, ...adapter.writes }))
      t.ok(name.startsWith(`${registry}.`) && /@[1-9]\d*$/.test(name), name);
    t.strictSame(offerOf(adapter), builtInOffers.get(registry), 'what check holds contracts against');
    t.ok(adapter.upstreams().length > 0);
    for (const { name, breaker } of adapter.upstreams()) {
      t.ok(name === registry || name.startsWith(`${registry}/`), name);
      t.equal(breaker, 'closed');
    }
  });

  test('found: the record in our words', async (t) => {
    const { adapter } = await setUp(t, subject, send(subject.found));
    t.strictSame(await ask(adapter), { found: true, data: subject.data });
  });

  test('found: with a byte order mark before it', async (t) => {
    const { adapter } = await setUp(
      t,
      subject,
      send({ ...subject.found, body: `\ufeff${subject.found.body}` }),
    );
    t.strictSame(await ask(adapter), { found: true, data: subject.data });
  });

  test('found: packed, though it is asked for as it is', async (t) => {
    const { status = 200, headers = {}, body = '' } = subject.found;
    for (const [coding, pack] of [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ] as const) {
      const { adapter, server } = await setUp(t, subject, (response) => {
        response.writeHead(status, { ...headers, 'content-encoding': coding }).end(pack(body));
      });
      t.strictSame(await ask(adapter), { found: true, data: subject.data }, coding);
      t.ok(server.received.every(({ headers }) => headers['accept-encoding'] === 'identity'));
    }
  });

  test('found: after an interim answer that nobody asked for', async (t) => {
    const { adapter, asked } = await setUp(t, subject, (response, received) => {
      response.writeContinue();
      send(subject.found)(response, received);
    });
    t.strictSame(await ask(adapter), { found: true, data: subject.data });
    t.equal(asked().length, 1);
  });

  test('malformed: packed bytes that are none, or too many', async (t) => {
    const body = gzipSync(subject.found.body ?? '');
    const wrong: [name: string, coding: string, body: Buffer, reason?: string][] = [
      ['not packed at all', 'gzip', Buffer.from(subject.found.body ?? '')],
      ['cut', 'gzip', body.subarray(0, -9)],
      ['a coding that nobody knows', 'zstd', body],
      ['packed twice', 'gzip, gzip', gzipSync(body)],
      ['a bomb', 'gzip', gzipSync(Buffer.alloc(10_000_000, ' ')), 'answer_too_large'],
    ];
    for (const [name, coding, bytes, reason] of wrong) {
      const { adapter, observer, asked } = await setUp(t, subject, (response) => {
        response.writeHead(200, { 'content-encoding': coding }).end(bytes);
      });
      t.match(await failureOf(t, ask(adapter)), { failure: 'malformed', ...(reason && { reason }) }, name);
      t.equal(asked().length, 1, 'asking again would not help');
      t.ok(observer.states.every((state) => state === 'closed'));
    }
  });

  test('Retry-After as a date', async (t) => {
    for (const status of [429, 503]) {
      const date = new Date(Date.now() + 60_000).toUTCString();
      const { adapter, asked } = await setUp(t, subject, send({ status, headers: { 'retry-after': date } }));
      const { failure, retryAfter } = await failureOf(t, ask(adapter));
      t.equal(failure, 'unavailable');
      // The date has whole seconds, and asking takes a moment.
      t.ok(retryAfter! > 0 && retryAfter! <= 60, `${retryAfter} s`);
      t.equal(asked().length, 1);
    }
  });

  test('absent', async (t) => {
    const { adapter, observer } = await setUp(t, subject, send(subject.absent), {
      breaker: { consecutive: 1 },
    });
    t.strictSame(await ask(adapter), { found: false });
    t.ok(
      observer.states.every((state) => state === 'closed'),
      'does not touch the breaker',
    );
  });

  test('refused, with a fixed word; one refusal after the other does not open the breaker', async (t) => {
    const { adapter } = await setUp(t, subject, send(subject.refused), { breaker: { consecutive: 2 } });
    for (let call = 0; call < 5; call++) {
      const { failure, reason } = await failureOf(t, ask(adapter));
      t.equal(failure, 'refused');
      t.match(reason, /^[a-z_]+$/);
    }
    t.equal(adapter.upstreams()[0]?.breaker, 'closed');
  });

  test('timeout: no answer', async (t) => {
    const { adapter, asked } = await setUp(t, subject, silence);
    t.equal((await failureOf(t, ask(adapter, callOf(80)))).failure, 'timeout');
    t.ok(asked().length <= 1);
  });

  test('timeout: a body that trickles', async (t) => {
    const { adapter } = await setUp(t, subject, trickle);
    t.equal((await failureOf(t, ask(adapter, callOf(120)))).failure, 'timeout');
  });

  test('malformed: whatever else comes with 200', async (t) => {
    const { body = '' } = subject.found;
    const garbage: readonly string[] = [
      '',
      secret,
      `<html>${secret}</html>`,
      `{"${secret}":`,
      `"${secret}"`,
      '[]',
      'null',
      body.slice(0, -10),
      body.slice(0, body.length / 2),
      `${body}${secret}`,
      body.replace(/[^\x20-\x7e]/g, '\ufffd').slice(1),
    ];
    for (const text of garbage) {
      const { adapter } = await setUp(t, subject, send({ body: text }));
      const error = await failureOf(t, ask(adapter));
      t.equal(error.failure, 'malformed', text.slice(0, 60));
      const told = JSON.stringify([error, error.message, error.cause, error.reason, error.stack]);
      t.notMatch(told, secret, "no word of the registry's is in the error");
    }
  });

  test('malformed: not UTF-8', async (t) => {
    const bytes = Buffer.from(subject.found.body ?? '', 'latin1');
    bytes[bytes.length - 12] = 0xff;
    const { adapter } = await setUp(t, subject, (response) => {
      response.end(bytes);
    });
    t.equal((await failureOf(t, ask(adapter))).failure, 'malformed');
  });

  for (const [what, reply] of Object.entries(subject.wrong)) {
    test(`malformed: ${what}`, async (t) => {
      const { adapter } = await setUp(t, subject, send(reply));
      t.equal((await failureOf(t, ask(adapter))).failure, 'malformed');
    });
  }

  test('malformed: too large an answer', async (t) => {
    const { body = '' } = subject.found;
    const { adapter } = await setUp(t, subject, send({ ...subject.found, body: body + ' '.repeat(100_000) }));
    const { failure, reason } = await failureOf(t, ask(adapter));
    t.strictSame({ failure, reason }, { failure: 'malformed', reason: 'answer_too_large' });
  });

  test('every other status is a failure that the port knows', async (t) => {
    const expected: Readonly<Record<number, string>> = {
      201: 'failed',
      302: 'failed',
      400: 'failed',
      401: 'refused',
      403: 'refused',
      404: 'failed',
      429: 'unavailable',
      500: 'failed',
      502: 'failed',
      503: 'failed',
    };
    for (const [status, failure] of Object.entries(expected)) {
      const { adapter } = await setUp(t, subject, send({ status: Number(status), body: secret }));
      const error = await failureOf(t, ask(adapter));
      t.equal(error.failure, failure, status);
      t.notMatch(JSON.stringify([error, error.message, error.cause]), secret);
    }
  });

  test('failed: nobody there', async (t) => {
    const observer = recordingObserver();
    const adapter = subject.create(await deadUrl(), { maxConnections: 1, maxResponseBytes: 1000, observer });
    t.teardown(() => adapter.close());
    t.equal((await failureOf(t, ask(adapter))).failure, 'failed');
  });

  test('a lookup is tried once more when the connection breaks, and not more often', async (t) => {
    for (const breakage of [drop, truncate, send({ status: 503 })]) {
      const { adapter, asked } = await setUp(t, subject, inTurn(breakage, send(subject.found)));
      t.strictSame(await ask(adapter), { found: true, data: subject.data });
      t.equal(asked().length, 2);
    }
    const { adapter, asked } = await setUp(t, subject, drop);
    t.equal((await failureOf(t, ask(adapter))).failure, 'failed');
    t.equal(asked().length, 2);
  });

  test('the breaker opens: unavailable, and the registry is not asked', async (t) => {
    const { adapter, asked } = await setUp(t, subject, send({ status: 500 }), {
      breaker: { consecutive: 3, openFor: 60_000 },
    });
    for (let call = 0; call < 3; call++) t.equal((await failureOf(t, ask(adapter))).failure, 'failed');
    const { failure, retryAfter } = await failureOf(t, ask(adapter));
    t.strictSame({ failure, retryAfter }, { failure: 'unavailable', retryAfter: 60 });
    t.equal(asked().length, 3);
    t.ok(adapter.upstreams().some(({ breaker }) => breaker === 'open'));
  });

  test('the breaker recovers', async (t) => {
    const failing = send({ status: 500 });
    const { adapter } = await setUp(t, subject, inTurn(failing, failing, send(subject.found)), {
      breaker: { consecutive: 2, openFor: 0 },
    });
    for (let call = 0; call < 2; call++) await failureOf(t, ask(adapter));
    t.strictSame(await ask(adapter), { found: true, data: subject.data });
    for (const { breaker } of adapter.upstreams()) t.equal(breaker, 'closed');
  });

  test('sends the request id', async (t) => {
    const { adapter, asked } = await setUp(t, subject, send(subject.found));
    await ask(adapter);
    t.equal(subject.requestIdOf(asked()[0]!), requestId);
    t.notOk('traceparent' in asked()[0]!.headers, 'no trace of its own');
  });

  test('passes the trace of the caller on', async (t) => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const { adapter, asked } = await setUp(t, subject, send(subject.found));
    await ask(adapter, callOf(patient, { traceparent }));
    t.equal(asked()[0]!.headers.traceparent, traceparent);
  });

  test('many at a time, each gets its own answer', async (t) => {
    const { adapter } = await setUp(t, subject, (response, received) => {
      setImmediate(() => send(subject.found)(response, received));
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(adapter)));
    for (const answer of answers) t.ok(answer.found);
  });

  test('scans what it says, and nothing else', async (t) => {
    const { adapter } = await setUp(t, subject, silence);
    t.strictSame(Object.keys(adapter.scans ?? {}), subject.scan ? [versioned(subject.scan.entity)] : []);
  });
  if (subject.scan) testScan(subject, subject.scan, test);

  test('within the scope: the same record', async (t) => {
    const { adapter } = await setUp(t, subject, send(subject.found));
    const answer = await ask(adapter, callOf(patient, { within: subject.scope.inside }));
    t.strictSame(answer, { found: true, data: subject.data });
  });

  test('outside the scope: absent, and what else is wrong with it does not show', async (t) => {
    const within = subject.scope.outside;
    for (const [what, reply] of Object.entries({ ...subject.wrong, nothing: subject.found })) {
      const { adapter } = await setUp(t, subject, send(reply));
      const answer = await ask(adapter, callOf(patient, { within })).catch((error: unknown) => error);
      // What is no record at all is for the gateway, which is not told that it was inside.
      if (answer instanceof UpstreamError) t.match(answer, { failure: 'malformed', within: false }, what);
      else t.match(answer, { found: false }, what);
      if (what === 'nothing') t.strictSame(answer, { found: false });
    }
  });

  test('inside the scope, and broken: certainly malformed', async (t) => {
    const within = subject.scope.inside;
    const failures: unknown[] = [];
    for (const [what, reply] of Object.entries(subject.wrong)) {
      const { adapter } = await setUp(t, subject, send(reply));
      const answer = await ask(adapter, callOf(patient, { within })).catch((error: unknown) => error);
      if (answer instanceof UpstreamError) t.equal(answer.failure, 'malformed', what);
      else t.match(answer, { found: false }, what);
      if (answer instanceof UpstreamError && answer.within) failures.push(what);
    }
    t.ok(failures.length > 0, 'some are known to be inside');
  });

  for (const list of subject.lists ?? []) testList(subject, list, test);

  test('close lets calls in flight end, and refuses later ones', async (t) => {
    const release = Promise.withResolvers<void>();
    const { adapter } = await setUp(t, subject, async (response, received) => {
      arrived.resolve();
      await release.promise;
      send(subject.found)(response, received);
    });
    const arrived = Promise.withResolvers<void>();
    const answer = ask(adapter);
    await arrived.promise;
    const closing = adapter.close();
    t.equal((await failureOf(t, ask(adapter))).failure, 'unavailable');
    release.resolve();
    t.ok((await answer).found);
    await closing;
    t.equal((await failureOf(t, ask(adapter))).failure, 'unavailable');
  });
}

function testList(
  subject: Subject,
  { operation, request, respond, row }: ListSubject,
  test: (name: string, run: (t: Test) => Promise<void>) => void,
): void {
  const { inside, outside } = subject.scope;

  /** All pages: what each holds, where it says that the next begins, and what the registry was asked. */
  async function walk(t: Test, rows: readonly number[], broken: readonly number[] = [], within = inside) {
    const { adapter, asked } = await setUp(t, subject, (response, received) =>
      send(respond(received, rows, broken))(response, received),
    );
    const pages: unknown[] = [];
    const found: unknown[] = [];
    let pageToken: string | undefined;
    do {
      const call = callOf(patient, { within });
      const answer = await invoke(adapter, operation, { ...request, pageSize: 2, pageToken }, call);
      if (!answer.found || !Array.isArray(answer.data)) throw new Error('a list is never absent');
      pages.push([answer.data, answer.nextPageToken]);
      found.push(...answer.data);
      pageToken = answer.nextPageToken;
    } while (pageToken !== undefined);
    return { pages, found, asked: asked().map(({ url }) => url) };
  }

  const even = [0, 2, 4, 6, 8];

  test(`${operation}: rows outside take no room, and leave no trace in what follows`, async (t) => {
    const alone = await walk(t, even);
    t.strictSame(alone.found, even.map(row));
    t.equal(alone.pages.length, 3);
    for (const rows of [
      [1, 0, 2, 4, 6, 8],
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [1, 3, 5, 7, 9, 0, 2, 4, 6, 8],
    ]) {
      t.strictSame((await walk(t, rows)).pages, alone.pages, `${rows}`);
      t.strictSame((await walk(t, rows, [1, 3, 5, 7, 9])).pages, alone.pages, `${rows}, broken ones outside`);
    }
    // Two full pages, and whether something comes after them is not for those outside to say.
    t.strictSame((await walk(t, [1, 0, 2, 3, 4, 6, 5])).pages, (await walk(t, [0, 2, 4, 6])).pages);
  });

  test(`${operation}: nothing inside`, async (t) => {
    t.strictSame((await walk(t, [])).pages, [[[], undefined]]);
    t.strictSame((await walk(t, [1, 3, 5], [3])).pages, [[[], undefined]]);
    t.strictSame((await walk(t, even, [], outside)).found, []);
  });

  test(`${operation}: a broken row inside fails the page that it is on`, async (t) => {
    t.equal((await failureOf(t, walk(t, [0, 1, 2], [2]))).failure, 'malformed');
  });
}

function testScan(
  subject: Subject,
  { entity, respond, row }: ScanSubject,
  test: (name: string, run: (t: Test) => Promise<void>) => void,
): void {
  const page = (adapter: Adapter, after?: string, limit = 2, call = callOf()): Promise<ScanPage> =>
    adapter.scans![versioned(entity)]!({ after, limit }, call);

  test('scan: every record once, in the order of keys, in pages', async (t) => {
    const all = [0, 1, 2, 3, 4];
    const { adapter, asked } = await setUp(t, subject, (response, received) =>
      send(respond(received, all))(response, received),
    );
    const rows: ScannedRow[] = [];
    let after: string | undefined;
    do {
      const { next, ...found } = await page(adapter, after);
      t.ok(found.rows.length <= 2);
      rows.push(...found.rows);
      after = next;
    } while (after !== undefined);
    t.strictSame(rows, all.map(row));
    t.equal(asked().length, 3);
    t.equal(subject.requestIdOf(asked()[0]!), requestId);
  });

  test('scan: nothing there', async (t) => {
    const { adapter } = await setUp(t, subject, (response, received) =>
      send(respond(received, []))(response, received),
    );
    t.strictSame(await page(adapter), { rows: [], unreadable: 0, next: undefined });
  });

  test('scan: records that come and go between two pages hide no other', async (t) => {
    let records = [1, 2, 3, 4, 5];
    const { adapter } = await setUp(t, subject, (response, received) =>
      send(respond(received, records))(response, received),
    );
    const first = await page(adapter);
    t.strictSame(first.rows, [1, 2].map(row));
    records = [0, 3, 4, 5, 6];
    const second = await page(adapter, first.next, 10);
    t.strictSame(second.rows, [3, 4, 5, 6].map(row));
    t.equal(second.next, undefined);
  });

  test('scan: a record that cannot be read is counted, and its neighbours are read', async (t) => {
    const { adapter } = await setUp(t, subject, (response, received) =>
      send(respond(received, [0, 1, 2], [1]))(response, received),
    );
    const { rows, unreadable } = await page(adapter, undefined, 10);
    t.strictSame([rows, unreadable], [[0, 2].map(row), 1]);
  });

  test('scan: a page ends after so many rows that are within', async (t) => {
    const { adapter } = await setUp(t, subject, (response, received) =>
      send(respond(received, [0, 1, 2, 3, 4], [1]))(response, received),
    );
    const scan = adapter.scans![versioned(entity)];
    const question = { limit: 5, rows: 2, within: subject.scope.inside };
    const first = await scan!({ after: undefined, ...question }, callOf());
    t.strictSame([first.rows, first.unreadable], [[0, 2].map(row), 1]);
    const second = await scan!({ after: first.next, ...question }, callOf());
    t.strictSame(second, { rows: [3, 4].map(row), unreadable: 0, next: undefined });
    const far = await scan!({ after: undefined, ...question, within: subject.scope.outside }, callOf());
    t.equal(far.unreadable, 0, 'that a record outside cannot be read is for the operator');
  });

  test('scan: malformed when the page is not in the order of keys', async (t) => {
    for (const records of [
      [0, 2, 1],
      [0, 1, 1],
    ]) {
      const { adapter } = await setUp(t, subject, (response, received) =>
        send(respond(received, records))(response, received),
      );
      const error = await failureOf(t, page(adapter, undefined, 10));
      t.equal(error.failure, 'malformed');
    }
  });

  test('scan: malformed when the page is longer, or shorter, than what there is', async (t) => {
    const all = [0, 1, 2, 3, 4];
    const longer = await setUp(t, subject, (response, received) =>
      send(respond(received, all))(response, received),
    );
    const { next } = await page(longer.adapter, undefined, 4);
    const other = await setUp(t, subject, (response, received) => {
      // The answer to another limit than the one that was asked for.
      const url = received.url.replace(/limit=\d+/, 'limit=2');
      send(respond({ ...received, url }, all))(response, received);
    });
    for (const limit of [1, 3]) {
      t.equal(
        (await failureOf(t, page(other.adapter, undefined, limit))).failure,
        'malformed',
        `limit ${limit}`,
      );
    }
    t.equal((await page(longer.adapter, next, 4)).next, undefined);
  });

  test('scan: fails as calls do', async (t) => {
    for (const [respond, failure] of [
      [send({ status: 500 }), 'failed'],
      [send({ body: '{' }), 'malformed'],
      [send(subject.refused), 'refused'],
      [silence, 'timeout'],
    ] as const) {
      const { adapter } = await setUp(t, subject, respond);
      const error = await failureOf(
        t,
        page(adapter, undefined, 2, callOf(failure === 'timeout' ? 80 : patient)),
      );
      t.equal(error.failure, failure);
    }
  });
}
