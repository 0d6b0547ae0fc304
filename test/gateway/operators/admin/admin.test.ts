/** Each request of an operator leaves a line, whatever its sender does. */
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { operatorOf } from '../../../../gateway/operators/admin/admin.ts';
import { buildOperationsApp } from '../../../../gateway/operators/server.ts';
import { createMetrics } from '../../../../gateway/telemetry/metrics.ts';
import { reportFailures } from '../../../../gateway/telemetry/report-failures.ts';
import { until } from '../../../support/until.ts';
import { keptLog } from '../../evidence/support.ts';

const up = () => ({ status: 200, body: { status: 'ok' } }) as const;

/** An operators' port with one route, whose answer waits for `gate`; `begun` names who asked for it. */
async function port(t: Test, identify: (token: string) => Promise<string | undefined>) {
  const { log, lines } = keptLog();
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  const app = buildOperationsApp({
    metrics: createMetrics(),
    health: { live: up, ready: up },
    log,
    failures: reportFailures(log),
    admin: {
      operators: { identify },
      routes: [
        async (admin) => {
          admin.post('/slow', async (request) => {
            begun.push(operatorOf(request));
            await gate.promise;
            return {};
          });
        },
      ],
    },
  });
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  t.teardown(() => app.close());
  t.teardown(() => gate.resolve());
  const logged = (msg: string) =>
    lines.map((line): Record<string, unknown> => JSON.parse(line)).filter((line) => line.msg === msg);
  /** Sends a request. @returns how to hang up; resolves when the port has seen it */
  const send = () => {
    const closed = new Promise<void>((resolve) => {
      app.server.once('connection', (peer) => peer.once('close', () => resolve()));
    });
    const socket = connect(Number(url.port), url.hostname);
    socket.on('error', () => {});
    socket.write(
      'POST /admin/slow HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer operator\r\nContent-Length: 0\r\n\r\n',
    );
    return () => {
      socket.destroy();
      return closed;
    };
  };
  return { url, gate, begun, logged, send };
}

t.test('an operator who hangs up before the answer', async (t) => {
  const { begun, logged, send, gate, url } = await port(t, async () => 'nguyen.van.an');
  const hangUp = send();
  await until(() => begun.length === 1);
  await hangUp();
  await until(() => logged('an operator’s request').length === 1);
  const [line] = logged('an operator’s request');
  t.match(line, { operator: 'nguyen.van.an', method: 'POST', route: '/admin/slow', address: '127.0.0.1' });
  t.match(line, { outcome: 'caller_left', requestId: String });
  t.notOk('status' in line!, 'none was sent');

  gate.resolve();
  const answer = await fetch(new URL('/admin/slow', url), {
    method: 'POST',
    headers: { authorization: 'Bearer operator' },
  });
  t.equal(answer.status, 200);
  await until(() => logged('an operator’s request').length === 2);
  const [, second] = logged('an operator’s request');
  t.match(second, { operator: 'nguyen.van.an', status: 200, requestId: answer.headers.get('x-request-id') });
  t.notOk('outcome' in second!, 'answered');
});

t.test('the line says how long it took, the look at the token too', async (t) => {
  const { begun, logged, url, gate } = await port(t, async () => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    return 'nguyen.van.an';
  });
  const post = { method: 'POST', headers: { authorization: 'Bearer operator' } };
  const answer = fetch(new URL('/admin/slow', url), post);
  // From there on, and not from the request: it may take its time to arrive.
  await until(() => begun.length === 1);
  setTimeout(() => gate.resolve(), 60);
  await answer;
  await until(() => logged('an operator’s request').length === 1);
  const [line] = logged('an operator’s request');
  t.ok(Number(line!.ms) >= 100, `${line!.ms} ms`);
});

t.test('requests have ids as on the agencies’ port', async (t) => {
  const { logged, url } = await port(t, async () => undefined);
  const given = '01A201A3-36B8-7BD2-A8C0-5FD8B57F0A4E';
  const cases: readonly [id: string | undefined, expected: RegExp][] = [
    [undefined, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/],
    ['001085012345', /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/],
    [given, new RegExp(`^${given.toLowerCase()}$`)],
  ];
  for (const [id, expected] of cases) {
    const headers = { authorization: 'Bearer x', ...(id && { 'x-request-id': id }) };
    const answer = await fetch(new URL('/admin/slow', url), { headers });
    const { requestId } = (await answer.json()) as { requestId: string };
    t.match(requestId, expected, `${id}: in the answer`);
    t.equal(answer.headers.get('x-request-id'), requestId);
    t.match(logged('an operator’s request was refused').at(-1), { requestId }, 'and in its line');
  }
});

t.test('one who hangs up while the token is looked at', async (t) => {
  for (const [name, msg] of [
    ['nguyen.van.an', 'an operator’s request'],
    [undefined, 'an operator’s request was refused'],
  ] as const) {
    const asked = Promise.withResolvers<void>();
    const known = Promise.withResolvers<string | undefined>();
    const { logged, send } = await port(t, () => {
      asked.resolve();
      return known.promise;
    });
    const hangUp = send();
    await asked.promise;
    await hangUp();
    known.resolve(name);
    await until(() => logged(msg).length === 1);
    t.match(logged(msg), [{ method: 'POST', address: '127.0.0.1' }]);
  }
});
