import { once } from 'node:events';
import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import { controlOf } from '../../../support/control.ts';
import { startTestGateway } from '../../../support/gateway.ts';
import { until } from '../../../support/until.ts';
import { converse, open } from '../raw.ts';

const [personalId] = samples().persons.present as [string];
const HEALTHY = 'GET /oauth2/jwks HTTP/1.1\r\nHost: x\r\n\r\n';
const GOODBYE = 'GET /oauth2/jwks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

/** A connection that is up, and stays so until the test ends. */
async function hold(test: Pick<Test, 'teardown'>, url: string, localAddress?: string): Promise<Socket> {
  const socket = open(url, localAddress).on('error', () => {});
  test.teardown(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(HEALTHY);
  await once(socket, 'data');
  return socket;
}

async function metric(gateway: { operations(path: string): Promise<{ text: string }> }, name: string) {
  const { text } = await gateway.operations('/metrics');
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`lienthong_${name} `))
      ?.split(' ')[1] ?? 0,
  );
}

t.test('one address cannot take all connections', async (t) => {
  const gateway = await startTestGateway(t, { variables: { ADDRESS_CONNECTIONS: '5' } });
  const held = [];
  for (let count = 0; count < 5; count++) held.push(await hold(t, gateway.url));
  t.match(await converse(gateway.url, [GOODBYE]), { statuses: [], closed: true }, 'one more is closed');
  t.equal(await metric(gateway, 'connections_refused_total{reason="address"}'), 1);
  t.match(await converse(gateway.url, [GOODBYE], { localAddress: '127.0.0.2' }), { statuses: [200] });
  t.ok(
    held.every((socket) => !socket.destroyed),
    'those that were there go on',
  );
  held.pop()!.destroy();
  await until(async () => (await metric(gateway, 'connections')) === 4);
  t.match(await converse(gateway.url, [GOODBYE]), { statuses: [200] }, 'a place that is free is given again');
  await until(async () => (await metric(gateway, 'connections')) === 4);
});

t.test('but the address of a proxy stands for many', async (t) => {
  const variables = { ADDRESS_CONNECTIONS: '2', TRUSTED_PROXIES: '127.0.0.0/31, ::1' };
  const gateway = await startTestGateway(t, { variables });
  for (let count = 0; count < 5; count++) await hold(t, gateway.url);
  t.equal(await metric(gateway, 'connections_refused_total{reason="address"}'), 0);
});

t.test('all addresses together have a limit', async (t) => {
  const gateway = await startTestGateway(t, { variables: { MAX_CONNECTIONS: '3' } });
  for (let count = 1; count <= 3; count++) await hold(t, gateway.url, `127.0.0.${count}`);
  t.match(await converse(gateway.url, [GOODBYE]), { statuses: [], closed: true });
  t.equal(await metric(gateway, 'connections_refused_total{reason="total"}'), 1);
  t.equal(await metric(gateway, 'connections'), 3);
});

t.test('requests of one connection have a limit', async (t) => {
  const gateway = await startTestGateway(t);
  const control = controlOf(gateway, 'population');
  t.teardown(() => control.clear());
  const token = await gateway.token('H26.motcua');
  const body = JSON.stringify({ personalId });
  const call = `POST /v1/population/persons/lookup HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nX-Purpose: dich-vu-cong\r\nX-Case-Id: x\r\nX-Officer-Id: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const last = call.replace('\r\n', '\r\nConnection: close\r\n');
  await control.fault({ delayMs: 200, match: 'TraCuuThongTinCongDan' });
  const few = await converse(gateway.url, [call.repeat(15) + last]);
  t.same(few.statuses, Array(16).fill(200), 'clients that pipeline are served');
  await control.forget();
  const many = await converse(gateway.url, [call.repeat(60)]);
  t.same(many.statuses, [...Array(16).fill(200), 503], 'in order; the seventeenth is the last');
  t.ok(many.closed);
  t.equal((await control.stats()).operations.TraCuuThongTinCongDan, 16, 'the others were not looked at');
});

t.test('answers that nobody reads do not pile up', async (t) => {
  const gateway = await startTestGateway(t);
  const COUNT = 100_000;
  const socket = open(gateway.url)
    .on('error', () => {})
    .pause();
  t.teardown(() => socket.destroy());
  socket.write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(COUNT));
  const outcomes = async () =>
    (await gateway.operations('/metrics')).text.match(/^lienthong_requests_total.*/gm);
  await until(async () => (await outcomes())?.some((line) => line.includes('overloaded')) === true);
  t.equal((await gateway.send('/openapi.json')).status, 200, 'others are served');
  t.same(
    await outcomes(),
    [
      'lienthong_requests_total{service="none",agency="none",outcome="ok"} 17',
      'lienthong_requests_total{service="none",agency="none",outcome="overloaded"} 1',
    ],
    `no more of ${COUNT} were looked at`,
  );
});

t.test('a request that does not come to its end', async (t) => {
  const gateway = await startTestGateway(t, { variables: { REQUEST_SECONDS: '1' } });
  const head =
    'POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n';
  for (const [name, bytes] of [
    ['headers', head],
    ['a body', `${head}Content-Length: 10\r\n\r\na`],
    ['chunks', `${head}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n`],
  ] as const) {
    const socket = open(gateway.url).on('error', () => {});
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write(bytes);
    await once(socket, 'close');
    t.match(
      Buffer.concat(chunks).toString(),
      /^HTTP\/1\.1 408 Request Timeout\r\n.*Connection: close/s,
      name,
    );
  }
  t.equal(await metric(gateway, 'unreadable_total{status="408"}'), 3);
});
