import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import type { UpstreamFailure } from '../../../adapters/adapter.ts';
import type { UpstreamRequest } from '../../../adapters/upstream/exchange.ts';
import { Upstream, type UpstreamOptions } from '../../../adapters/upstream/upstream.ts';
import { recordingObserver } from '../support/observer.ts';
import {
  deadUrl,
  drop,
  inTurn,
  type Respond,
  send,
  silence,
  startServer,
  trickle,
  truncate,
} from '../support/server.ts';

const patient = 30_000;

function get(deadlineIn = patient, overrides: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    method: 'GET',
    path: '/x?y=1',
    headers: ['Accept', 'application/json'],
    idempotent: true,
    deadline: performance.now() + deadlineIn,
    ...overrides,
  };
}

function post(deadlineIn = patient): UpstreamRequest {
  return get(deadlineIn, { method: 'POST', body: '{"a":1}', idempotent: false });
}

async function setUp(t: Test, respond: Respond, options: Partial<UpstreamOptions> = {}, path = '') {
  const server = await startServer(t, respond);
  const observer = recordingObserver();
  const upstream = new Upstream('test', server.url + path, {
    maxConnections: 4,
    maxResponseBytes: 10_000,
    observer,
    ...options,
  });
  t.teardown(() => upstream.close());
  return { server, observer, upstream };
}

function fails(t: Test, call: Promise<unknown>, failure: UpstreamFailure, members: object = {}) {
  return t.rejects(call, { name: 'UpstreamError', failure, ...members });
}

t.test('an answer comes back whole, whatever its status', async (t) => {
  const { server, observer, upstream } = await setUp(t, silence, {}, '/base/');
  for (const status of [200, 204, 301, 400, 404, 500]) {
    const body = status === 204 ? '' : 'é'.repeat(status);
    server.respond = send({ status, headers: { 'X-Reply': 'yes', location: '/elsewhere' }, body });
    const response = await upstream.call(get());
    t.equal(response.status, status);
    t.equal(response.headers['x-reply'], 'yes');
    t.equal(response.body.toString(), body);
  }
  t.strictSame(observer.outcomes, ['ok', 'ok', 'ok', 'ok', 'ok', 'server_error']);
  t.equal(server.received.length, 6, 'a redirect is not followed');
  t.match(server.received[0], { method: 'GET', url: '/base/x?y=1', headers: { accept: 'application/json' } });
});

t.test('a body in many pieces, a request with a body, the base URL itself', async (t) => {
  const { server, upstream } = await setUp(
    t,
    (response) => {
      response.write('a'.repeat(3000));
      setImmediate(() => {
        response.write('b'.repeat(3000));
        setImmediate(() => response.end('c'));
      });
    },
    {},
    '/soap',
  );
  const response = await upstream.call({ ...post(), path: '' });
  t.equal(response.body.toString(), `${'a'.repeat(3000)}${'b'.repeat(3000)}c`);
  t.match(server.received, [
    { method: 'POST', url: '/soap', body: '{"a":1}', headers: { 'content-length': '7' } },
  ]);
});

t.test('connections are kept and bounded', async (t) => {
  const { server, upstream } = await setUp(t, send({ body: 'ok' }), { maxConnections: 2, maxWaiting: 100 });
  for (let round = 0; round < 3; round++) {
    await Promise.all(Array.from({ length: 20 }, () => upstream.call(get())));
  }
  t.equal(server.received.length, 60);
  t.equal(await server.connections(), 2);
});

t.test('timeout: no answer', async (t) => {
  const { observer, upstream } = await setUp(t, silence);
  await fails(t, upstream.call(get(40)), 'timeout');
  await fails(t, upstream.call(get(0)), 'timeout');
  await fails(t, upstream.call(get(-1)), 'timeout');
  t.strictSame(observer.outcomes, ['timeout', 'timeout', 'timeout']);
});

t.test('timeout: a body that trickles does not prolong the deadline', async (t) => {
  const { upstream } = await setUp(t, trickle, { maxResponseBytes: 1e9 });
  await fails(t, upstream.call(get(100)), 'timeout');
});

t.test('timeout: the connection is given up, and others go on', async (t) => {
  const { server, upstream } = await setUp(t, inTurn(silence, send({ body: 'ok' })), { maxConnections: 1 });
  const first = upstream.call(get(50));
  const second = upstream.call(get());
  await fails(t, first, 'timeout');
  t.equal((await second).body.toString(), 'ok');
  t.equal(server.received.length, 2);
});

t.test('timeout: also while waiting for a connection', async (t) => {
  const { server, upstream } = await setUp(t, silence, { maxConnections: 1 });
  const first = upstream.call(get(150));
  const second = upstream.call(get(30));
  await fails(t, second, 'timeout');
  await fails(t, first, 'timeout');
  t.equal(server.received.length, 1, 'the second was never sent');
});

t.test('timeout: also while connecting; the place is free when the connection fails', async (t) => {
  // Takes connections and says nothing, so that TLS never comes about.
  const accepted: Socket[] = [];
  const mute = createServer((socket) => accepted.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  t.teardown(() => mute.close());
  const upstream = new Upstream('mute', `https://127.0.0.1:${(mute.address() as AddressInfo).port}`, {
    maxConnections: 1,
    maxWaiting: 1,
    maxResponseBytes: 1000,
    observer: recordingObserver(),
  });
  await fails(t, upstream.call(get(50)), 'timeout');
  const waiting = upstream.call(get());
  await fails(t, upstream.call(get()), 'unavailable');
  mute.on('connection', (socket) => socket.destroy());
  for (const socket of accepted) socket.destroy();
  await fails(t, waiting, 'failed');
  await upstream.close();
});

t.test('unavailable: too many waiting', async (t) => {
  const { upstream, observer } = await setUp(t, silence, { maxConnections: 1, maxWaiting: 2 });
  const calls = [1, 2, 3].map(() => upstream.call(get(60)));
  await fails(t, upstream.call(get()), 'unavailable', { retryAfter: 1 });
  for (const call of calls) await fails(t, call, 'timeout');
  t.strictSame(observer.outcomes, ['unavailable', 'timeout', 'timeout', 'timeout']);
});

t.test('retry: an idempotent call, once, when the connection fails', async (t) => {
  for (const failure of [
    drop,
    truncate,
    send({ status: 502 }),
    send({ status: 503 }),
    send({ status: 504 }),
  ]) {
    const { server, observer, upstream } = await setUp(t, inTurn(failure, send({ body: 'ok' })));
    t.equal((await upstream.call(get())).body.toString(), 'ok');
    t.equal(server.received.length, 2);
    t.equal(observer.retries, 1);
    t.strictSame(observer.outcomes, ['ok']);
  }
});

t.test('retry: not twice', async (t) => {
  const { server, upstream } = await setUp(t, drop);
  await fails(t, upstream.call(get()), 'failed');
  t.equal(server.received.length, 2);
  server.respond = send({ status: 503 });
  t.equal((await upstream.call(get())).status, 503);
  t.equal(server.received.length, 4);
});

t.test('retry: not a call that is not idempotent', async (t) => {
  const { server, upstream } = await setUp(t, drop);
  await fails(t, upstream.call(post()), 'failed');
  server.respond = send({ status: 503 });
  t.equal((await upstream.call(post())).status, 503);
  t.equal(server.received.length, 2);
});

t.test('retry: not when the upstream says when to come back, nor after 500', async (t) => {
  const { server, upstream } = await setUp(t, send({ status: 503, headers: { 'retry-after': '7' } }));
  t.equal((await upstream.call(get())).status, 503);
  server.respond = send({ status: 500 });
  t.equal((await upstream.call(get())).status, 500);
  t.equal(server.received.length, 2);
});

t.test('retry: within the deadline', async (t) => {
  const { server, upstream } = await setUp(t, inTurn(drop, silence));
  await fails(t, upstream.call(get(60)), 'timeout');
  t.equal(server.received.length, 2);
});

t.test('retry: under a budget', async (t) => {
  const { server, observer, upstream } = await setUp(t, send({ status: 503 }), {
    breaker: { consecutive: 1e9, minimum: 1e9 },
    maxConnections: 1,
  });
  for (let call = 0; call < 40; call++) await upstream.call(get());
  t.ok(observer.retries >= 10 && observer.retries <= 15, `${observer.retries} retries for 40 calls`);
  t.equal(server.received.length, 40 + observer.retries);
});

t.test('a connection that the server has closed meanwhile', async (t) => {
  const { upstream } = await setUp(t, (response) => {
    response.setHeader('connection', 'keep-alive');
    response.end('ok', () => setImmediate(() => response.socket?.destroy()));
  });
  for (let call = 0; call < 20; call++) t.equal((await upstream.call(get())).body.toString(), 'ok');
});

t.test('failed: nobody listens', async (t) => {
  const upstream = new Upstream('dead', await deadUrl(), {
    maxConnections: 1,
    maxResponseBytes: 1000,
    observer: recordingObserver(),
  });
  const error = await upstream.call(get()).catch((reason) => reason);
  t.match(error, { failure: 'failed', cause: 'ECONNREFUSED' });
  await upstream.close();
});

t.test('malformed: an answer that is too large, announced or not', async (t) => {
  const { server, observer, upstream } = await setUp(t, send({ body: 'x'.repeat(10_001) }));
  await fails(t, upstream.call(get()), 'malformed', { reason: 'answer_too_large' });
  server.respond = (response) => {
    response.write('x'.repeat(6000));
    setImmediate(() => response.end('x'.repeat(6000)));
  };
  await fails(t, upstream.call(get()), 'malformed', { reason: 'answer_too_large' });
  server.respond = send({ body: 'x'.repeat(10_000) });
  t.equal((await upstream.call(get())).body.length, 10_000);
  t.equal(upstream.state.breaker, 'closed');
  t.equal(observer.retries, 0);
});

t.test('malformed: what is not HTTP, and no word of it in the error', async (t) => {
  const { upstream } = await setUp(t, (response) => {
    response.socket?.end('Nguyễn Thị Thu Hà 001190000019\r\n\r\n');
  });
  const error = await upstream.call(get()).catch((reason) => reason);
  t.match(error, { failure: 'malformed', reason: 'not_http' });
  t.notMatch(JSON.stringify([error, error.message, error.cause, error.stack]), /001190000019/);
});

t.test('breaker: opens, refuses without asking, recovers', async (t) => {
  const { server, observer, upstream } = await setUp(t, send({ status: 500 }), {
    breaker: { consecutive: 3, openFor: 60_000 },
  });
  for (let call = 0; call < 3; call++) t.equal((await upstream.call(get())).status, 500);
  t.match(upstream.state, { name: 'test', breaker: 'open', failure: 'server_error', answeredAt: undefined });
  await fails(t, upstream.call(get()), 'unavailable', { retryAfter: 60 });
  t.equal(server.received.length, 3);
  t.strictSame(observer.states, ['closed', 'open']);

  const recovering = await setUp(t, inTurn(drop, drop, send({ body: 'ok' })), {
    breaker: { consecutive: 1, openFor: 0 },
  });
  await fails(t, recovering.upstream.call(post()), 'failed');
  await fails(t, recovering.upstream.call(post()), 'failed');
  t.equal((await recovering.upstream.call(post())).body.toString(), 'ok');
  t.equal(recovering.upstream.state.breaker, 'closed');
  t.strictSame(recovering.observer.states, ['closed', 'open', 'half-open', 'open', 'half-open', 'closed']);
});

t.test('breaker: opening refuses those that wait', async (t) => {
  const { server, upstream } = await setUp(t, send({ status: 500 }), {
    maxConnections: 1,
    breaker: { consecutive: 1, openFor: 60_000 },
  });
  const [first, second, third] = [1, 2, 3].map(() => upstream.call(get()));
  t.equal((await first!).status, 500);
  await fails(t, second!, 'unavailable', { retryAfter: 60 });
  await fails(t, third!, 'unavailable', { retryAfter: 60 });
  t.equal(server.received.length, 1);
});

t.test('breaker: 4xx, answers in the guise of errors, and long queues do not open it', async (t) => {
  const { server, upstream } = await setUp(t, send({ status: 404 }), {
    breaker: { consecutive: 1 },
    maxConnections: 1,
    isAnswer: ({ body }) => body.toString() === 'refused',
  });
  await upstream.call(get());
  server.respond = send({ status: 500, body: 'refused' });
  t.equal((await upstream.call(get())).status, 500);
  server.respond = () => {};
  const blocking = upstream.call(get(200));
  await fails(t, upstream.call(get(20)), 'timeout');
  t.equal(upstream.state.breaker, 'closed');
  await fails(t, blocking, 'timeout');
  t.equal(upstream.state.breaker, 'open', 'a call that was sent and not answered does');
});

t.test('a header that cannot be sent fails the call and nothing else', async (t) => {
  const { upstream } = await setUp(t, send({ body: 'ok' }), { breaker: { consecutive: 1 } });
  await fails(t, upstream.call(get(patient, { headers: ['X-Case-Id', 'a\r\nb'] })), 'failed');
  t.equal((await upstream.call(get())).body.toString(), 'ok');
});

t.test('close waits for the calls in flight and waiting, and refuses later ones', async (t) => {
  const release = Promise.withResolvers<void>();
  const { upstream } = await setUp(
    t,
    async (response) => {
      await release.promise;
      response.end('ok');
    },
    { maxConnections: 1 },
  );
  const calls = [upstream.call(get()), upstream.call(get())];
  let closed = false;
  const closing = upstream.close().then(() => {
    closed = true;
  });
  await fails(t, upstream.call(get()), 'unavailable');
  t.notOk(closed);
  release.resolve();
  for (const call of calls) t.equal((await call).body.toString(), 'ok');
  await closing;
  await upstream.close();
});
