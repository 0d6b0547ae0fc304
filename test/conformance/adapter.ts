/**
 * What every adapter must do, whatever its registry speaks: `adapters/adapter.ts` as tests, on real HTTP servers.
 * A new adapter describes itself as a `Subject` and calls `testAdapter`.
 */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { type Adapter, type CallContext, UpstreamError } from '../../adapters/adapter.ts';
import { offerOf } from '../../adapters/offers.ts';
import { recordingObserver } from '../adapters/support/observer.ts';
import { deadUrl, drop, inTurn, send, silence, trickle, truncate } from '../adapters/support/server.ts';
import { testAbsence } from './absence.ts';
import { callOf, failureOf, invoke, patient, requestId, secret, setUp, versioned } from './calls.ts';
import { testList } from './list.ts';
import { testScan } from './scan.ts';
import type { Check, Subject, Tests } from './subject.ts';

/** @param parent where the tests are defined; the suite's own tests look at how they end */
export function testAdapter(subject: Subject, parent: Tests = t): void {
  const { registry, operation, request } = subject;
  // What tries some thousand answers takes as long as it takes.
  const test: Check = (name, run) => void parent.test(`${registry}: ${name}`, { timeout: 600_000 }, run);
  const ask = (adapter: Adapter, call?: CallContext) => invoke(adapter, operation, request, call);

  test('names its operations after the registry', async (t) => {
    const { adapter } = await setUp(t, subject, silence);
    t.equal(adapter.registry, registry);
    for (const name of Object.keys({ ...adapter.operations, ...adapter.writes }))
      t.ok(name.startsWith(`${registry}.`) && /@[1-9]\d*$/.test(name), name);
    t.strictSame(offerOf(adapter), subject.offer, 'what check holds contracts against');
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
    for (const reply of subject.absent) {
      const { adapter, observer } = await setUp(t, subject, send(reply), { breaker: { consecutive: 1 } });
      t.strictSame(await ask(adapter), { found: false });
      t.ok(
        observer.states.every((state) => state === 'closed'),
        'does not touch the breaker',
      );
    }
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
      const texts = JSON.stringify([error, error.message, error.cause, error.reason, error.stack]);
      t.notMatch(texts, secret, 'the error holds no text of the registry');
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

  for (const [what, reply] of Object.entries(subject.notUnderstood)) {
    test(`malformed, and not absent, to everybody: ${what}`, async (t) => {
      for (const within of [undefined, ...Object.values(subject.scope ?? {})]) {
        const { adapter, asked } = await setUp(t, subject, send(reply));
        const answer = await ask(adapter, callOf(patient, { within })).catch((error: unknown) => error);
        // An upstream of which it is known that it has nothing inside is not asked.
        if (within === subject.scope?.outside && asked().length === 0) t.match(answer, { found: false });
        else t.match(answer, { failure: 'malformed', ...(within && { within: true }) });
      }
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

  const probe = (adapter: Adapter, deadlineIn = patient) =>
    adapter.probe(adapter.upstreams()[0]!.name, { requestId, deadline: performance.now() + deadlineIn });

  test('probe: "there is none" is an answer, and nothing that may be somebody’s is named', async (t) => {
    for (const absent of subject.absent) {
      const { adapter, asked } = await setUp(t, subject, send(absent));
      t.equal(adapter.upstreams()[0]?.answeredAt, undefined, 'nothing was heard of it');
      await probe(adapter);
      t.equal(asked().length, 1);
      t.equal(typeof adapter.upstreams()[0]?.answeredAt, 'number');
      const sent = asked()
        .map(({ url, body }) => `${url} ${body}`)
        .join();
      for (const value of Object.values(request)) t.notMatch(sent, new RegExp(`(?<!\\w)${value}(?!\\w)`));
      t.notMatch(sent, callOf().officerId);
    }
  });

  test('probe: a refusal shows that it is well', async (t) => {
    const { adapter } = await setUp(t, subject, send(subject.refused));
    t.equal((await failureOf(t, probe(adapter))).failure, 'refused');
    t.match(adapter.upstreams()[0], { breaker: 'closed', failure: undefined });
    t.equal(typeof adapter.upstreams()[0]?.answeredAt, 'number');
  });

  test('probe: fails as calls do, within its deadline', async (t) => {
    for (const [respond, failure, seen] of [
      [silence, 'timeout', 'timeout'],
      [trickle, 'timeout', 'timeout'],
      [drop, 'failed', 'failed'],
      [send({ status: 500, body: secret }), 'failed', 'server_error'],
    ] as const) {
      const { adapter } = await setUp(t, subject, respond);
      t.equal((await failureOf(t, probe(adapter, failure === 'timeout' ? 80 : patient))).failure, failure);
      const [state] = adapter.upstreams();
      t.equal(state?.failure, seen);
      t.equal(typeof state?.failedAt, 'number');
    }
  });

  test('probe: closes a breaker that calls have opened, as a call would', async (t) => {
    const failing = send({ status: 500 });
    const { adapter } = await setUp(t, subject, inTurn(failing, failing, failing, send(subject.absent[0]!)), {
      breaker: { consecutive: 2, openFor: 0 },
    });
    for (let call = 0; call < 2; call++) await failureOf(t, ask(adapter));
    t.equal(adapter.upstreams()[0]?.breaker, 'open');
    await failureOf(t, probe(adapter));
    t.equal(adapter.upstreams()[0]?.breaker, 'open', 'still');
    await probe(adapter);
    t.match(adapter.upstreams()[0], { breaker: 'closed', failure: undefined });
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
    const entities = (subject.scans ?? []).map(({ entity }) => versioned(entity));
    t.strictSame(Object.keys(adapter.scans ?? {}), entities);
  });
  for (const scan of subject.scans ?? []) testScan(subject, scan, test);

  if (subject.scope) testScope(subject.scope);
  function testScope({ inside, outside }: NonNullable<Subject['scope']>): void {
    test('within the scope: the same record', async (t) => {
      const { adapter } = await setUp(t, subject, send(subject.found));
      const answer = await ask(adapter, callOf(patient, { within: inside }));
      t.strictSame(answer, { found: true, data: subject.data });
    });

    test('outside the scope: absent, and what else is wrong with it does not show', async (t) => {
      const within = outside;
      for (const [what, reply] of Object.entries({ ...subject.wrong, nothing: subject.found })) {
        const { adapter } = await setUp(t, subject, send(reply));
        const answer = await ask(adapter, callOf(patient, { within })).catch((error: unknown) => error);
        // An item that is no record at all is an error for the gateway, and is not marked as one inside.
        if (answer instanceof UpstreamError) t.match(answer, { failure: 'malformed', within: false }, what);
        else t.match(answer, { found: false }, what);
        if (what === 'nothing') t.strictSame(answer, { found: false });
      }
    });

    test('inside the scope, and broken: certainly malformed', async (t) => {
      const within = inside;
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
  }

  for (const list of subject.lists ?? []) testList(subject, list, test);
  testAbsence(subject, test);

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
    // A call that is not refused waits for the same answer, and ends at its own deadline before the first call's.
    t.equal((await failureOf(t, ask(adapter, callOf(2000)))).failure, 'unavailable');
    release.resolve();
    t.ok((await answer).found);
    await closing;
    t.equal((await failureOf(t, ask(adapter))).failure, 'unavailable');
  });
}
