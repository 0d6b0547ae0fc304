/** Interim answers that nobody asked for, on real connections, however their bytes are cut. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { Upstream } from '../../../adapters/upstream/upstream.ts';
import { recordingObserver } from '../support/observer.ts';

const patient = 30_000;
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Answers each request on a connection by the next of `answers`: pieces, each sent when the one before has left. */
async function setUp(t: Test, ...answers: (readonly string[])[]) {
  const seen = { connections: 0, requests: 0 };
  const server = createServer(async (socket) => {
    seen.connections++;
    socket.on('error', () => {});
    socket.setNoDelay(true);
    for await (const _ of socket) {
      const answer = answers[Math.min(seen.requests++, answers.length - 1)]!;
      for (const piece of answer) {
        await new Promise((resolve) => socket.write(piece, 'latin1', resolve));
        // Another turn, so that it is another read.
        await new Promise(setImmediate);
      }
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const upstream = new Upstream('test', `http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    maxConnections: 1,
    maxResponseBytes: 100_000,
    observer: recordingObserver(),
  });
  t.teardown(async () => {
    await upstream.close();
    server.close();
  });
  const post = (deadlineIn = patient) =>
    upstream.call({
      method: 'POST',
      path: '/x',
      headers: [],
      body: '{"a":1}',
      idempotent: false,
      deadline: performance.now() + deadlineIn,
    });
  return { post, seen };
}

t.test('interim answers are passed over, and the connection is kept', async (t) => {
  const answers = [
    [CONTINUE + OK],
    [CONTINUE, OK],
    [CONTINUE + CONTINUE + OK],
    ['HTTP/1.1 100 \r\n\r\n', OK],
    ['HTTP/1.1 100\r\n\r\n', OK],
    ['HTTP/1.0 100 Continue\r\nServer: x\r\nX-Y: 1\r\n\r\n', OK],
    ['HTTP/1.1 102 Processing\r\n\r\n', CONTINUE, 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', OK],
    [...(CONTINUE + OK)],
    [OK],
  ];
  const { post, seen } = await setUp(t, ...answers);
  for (const answer of answers) {
    const { status, body } = await post();
    t.same([status, body.toString()], [200, 'ok'], answer.join('|').slice(0, 60));
  }
  t.same(seen, { connections: 1, requests: answers.length }, 'each request was sent once');
});

t.test('an answer is what it is, wherever it is cut', async (t) => {
  const body = `${CONTINUE}HTTP/1.1 100 Continue in a body\r\n\r\n`;
  const whole = `${CONTINUE}HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nX: HTTP/1.1 100 \r\n\r\n${body}`;
  const answers: string[][] = [];
  const cuts = fc.array(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 6 });
  for (const places of fc.sample(cuts, 60)) {
    const sorted = [0, ...new Set(places.sort((a, b) => a - b)), whole.length];
    answers.push(sorted.slice(1).map((end, index) => whole.slice(sorted[index], end)));
  }
  const { post } = await setUp(t, ...answers);
  for (const _ of answers) t.equal((await post()).body.toString(), body);
});

t.test('bytes that only look like an interim response are an answer, or none', async (t) => {
  for (const answer of [
    'HTTP/1.1 1000 X\r\n\r\n',
    'HTTP/1.1100 \r\n\r\n',
    `HTTP/2.0 100 Continue\r\n\r\n${OK}`,
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n${OK}`,
  ]) {
    const { post } = await setUp(t, [answer]);
    const { failure } = await post().catch((error) => error);
    t.ok(['malformed', 'failed'].includes(failure), `${answer}: ${failure}`);
  }
  const { post } = await setUp(t, ['HTTP/1.1 10']);
  t.equal((await post(150).catch((error) => error)).failure, 'timeout');
});

t.test('64 interim answers are passed over; more end the connection', async (t) => {
  const { post } = await setUp(
    t,
    [CONTINUE.repeat(64) + OK],
    [CONTINUE.repeat(65) + OK],
    [CONTINUE.repeat(64) + OK],
  );
  t.equal((await post()).body.toString(), 'ok');
  t.equal((await post().catch((error) => error)).failure, 'failed');
  t.equal((await post()).body.toString(), 'ok', 'each answer has its own number');
  const { post: cut } = await setUp(t, [...Array(65).fill(CONTINUE), OK]);
  t.equal((await cut().catch((error) => error)).failure, 'failed', 'however they are cut');
});

t.test('100 without end, and a head without end, end at the deadline or are refused', async (t) => {
  const { post } = await setUp(t, [CONTINUE]);
  t.equal((await post(150).catch((error) => error)).failure, 'timeout');
  const { post: long } = await setUp(t, [`HTTP/1.1 100 Continue\r\nX: ${'y'.repeat(40_000)}`]);
  t.not((await long(5000).catch((error) => error)).failure, undefined);
});
