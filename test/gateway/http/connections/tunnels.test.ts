/** CONNECT: there are no tunnels, and who asks for one keeps nothing: no process down, no connection, no call. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import t, { type Test } from 'tap';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import { makeAuthority, makeCertificate } from '../../../support/certificates.ts';
import { controlOf } from '../../../support/control.ts';
import { startTestGateway, type TestGateway } from '../../../support/gateway.ts';
import { until } from '../../../support/until.ts';
import { bytesOf, callLines, dial, metricsOf, outcomesSince } from '../left.ts';
import { converse } from '../raw.ts';

const [personalId] = samples().persons.present as [string];
const LOOKUP = 'POST /v1/population/persons/lookup';
const person = 'population.person.lookup@1';
const CONNECT = bytesOf('CONNECT example.org:443', {});
const asked = JSON.stringify({ personalId });

/** A connection whose own side stays open when the gateway closes its side, as that of a caller that holds on to it. */
async function holding(test: Pick<Test, 'teardown'>, url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }).on('error', () => {});
  test.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function deskOf(gateway: TestGateway): Promise<Record<string, string>> {
  return {
    authorization: `Bearer ${await gateway.token('H26.motcua')}`,
    'content-type': 'application/json',
    'x-purpose': 'dich-vu-cong',
    'x-case-id': 'C1',
    'x-officer-id': 'O1',
  };
}

const noConnections = (gateway: TestGateway) =>
  until(async () => (await metricsOf(gateway)).get('connections') === 0);
const lookups = async (control: ReturnType<typeof controlOf>) =>
  (await control.stats()).operations.TraCuuThongTinCongDan ?? 0;

/** Asks for a tunnel and resets the connection at each moment. */
async function resets(connection: () => Promise<Socket>, ending: 'data' | 'close' = 'data'): Promise<void> {
  for (const bytes of [CONNECT, bytesOf('CONNECT example.org:443', {}, 'body', 1)]) {
    for (let count = 0; count < 20; count++) {
      const answered = await connection();
      answered.write(bytes);
      await once(answered, ending);
      answered.resetAndDestroy();
      const unanswered = await connection();
      unanswered.write(bytes);
      await wait(count % 4);
      unanswered.resetAndDestroy();
    }
  }
}

t.test('a tunnel is refused', async (t) => {
  const gateway = await startTestGateway(t);
  for (const bytes of [CONNECT, bytesOf('CONNECT example.org:443', {}, 'a body')]) {
    const { statuses, text, closed } = await converse(gateway.url, [bytes]);
    t.same(statuses, [405]);
    t.match(text, /"code":"method_not_allowed"/);
    t.ok(closed);
  }
  const { statuses, closed } = await converse(gateway.operationsUrl, [CONNECT]);
  t.same(statuses, [], 'the operators’ port closes the connection');
  t.ok(closed);
});

t.test('resetting the connection then is nobody’s error', async (t) => {
  const gateway = await startTestGateway(t);
  await resets(() => dial(gateway.url));
  await resets(() => dial(gateway.operationsUrl), 'close');
  await noConnections(gateway);
  t.equal((await gateway.send('/openapi.json')).status, 200, 'the gateway lives');
});

/** A gateway behind TLS, and who says so. */
async function secure(test: Test, variables: Readonly<Record<string, string>> = {}) {
  const authority = makeAuthority('Servers');
  const server = makeCertificate({ subject: [['CN', 'gateway']], san: [['ip', '127.0.0.1']] }, authority);
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-tls-'));
  test.teardown(() => rm(directory, { recursive: true, force: true }));
  const files = { TLS_CERT_FILE: join(directory, 'server.pem'), TLS_KEY_FILE: join(directory, 'server.key') };
  await writeFile(files.TLS_CERT_FILE, server.pem);
  await writeFile(files.TLS_KEY_FILE, server.keyPem);
  return { gateway: await startTestGateway(test, { variables: { ...variables, ...files } }), authority };
}

t.test('nor behind TLS', async (t) => {
  const { gateway, authority } = await secure(t);
  const { hostname, port } = new URL(gateway.url);
  await resets(async () => {
    const raw = connect({ host: hostname, port: Number(port) }).on('error', () => {});
    const socket = connectTls({ socket: raw, ca: authority.pem, host: hostname }).on('error', () => {});
    await once(socket, 'secureConnect');
    return Object.assign(socket, { resetAndDestroy: () => raw.resetAndDestroy() });
  });
  await noConnections(gateway);
  t.equal((await gateway.operations('/health/live')).status, 200, 'the gateway lives');
});

t.test('holding the connection open afterwards keeps it from nobody', async (t) => {
  const gateway = await startTestGateway(t);
  const held = await Promise.all(Array.from({ length: 5 }, () => holding(t, gateway.url)));
  await until(async () => (await metricsOf(gateway)).get('connections') === held.length);
  for (const socket of held) socket.write(CONNECT);
  // One goes on sending: silence is not what ends it.
  const talk = setInterval(() => held[0]!.write('x'), 50);
  t.teardown(() => clearInterval(talk));
  await noConnections(gateway);
});

t.test('answers that are due come first', async (t) => {
  const gateway = await startTestGateway(t);
  const control = controlOf(gateway, 'population');
  t.teardown(() => control.clear());
  const call = bytesOf(LOOKUP, await deskOf(gateway), asked);
  await control.fault({ delayMs: 300, match: 'TraCuuThongTinCongDan' });
  const { statuses, closed } = await converse(gateway.url, [call + call + CONNECT]);
  t.same(statuses, [200, 200, 405]);
  t.ok(closed);
});

t.test('calls before it on the connection end with the connection', async (t) => {
  const gateway = await startTestGateway(t);
  const control = controlOf(gateway, 'population');
  t.teardown(() => control.clear());
  const call = bytesOf(LOOKUP, await deskOf(gateway), asked);
  const before = await metricsOf(gateway);
  await control.forget();
  await control.fault({ delayMs: 4000, match: 'TraCuuThongTinCongDan' });
  const socket = await dial(gateway.url);
  socket.write(call.repeat(3) + CONNECT);
  await until(async () => (await lookups(control)) === 3);
  t.equal((await metricsOf(gateway)).get('calls_in_flight'), 3);
  socket.resetAndDestroy();
  await until(async () => (await metricsOf(gateway)).get('calls_in_flight') === 0);
  await until(async () => (await metricsOf(gateway)).get('connections') === before.get('connections'));
  t.same(await outcomesSince(gateway, before), Array(3).fill(`${person} caller_left`));
});

t.test('the end of the gateway does not wait for it', async (t) => {
  const gateway = await startTestGateway(t, { variables: { DRAIN_SECONDS: '1' } });
  const control = controlOf(gateway, 'population');
  t.teardown(() => control.clear());
  const call = bytesOf(LOOKUP, await deskOf(gateway), asked);
  await control.forget();
  await control.fault({ delayMs: 4000, match: 'TraCuuThongTinCongDan' });
  const [busy, idle] = [await holding(t, gateway.url), await holding(t, gateway.url)];
  busy.write(call + call + CONNECT);
  idle.write(CONNECT);
  await until(async () => (await lookups(control)) === 2);
  await gateway.close();
  t.match(
    callLines(gateway).filter(({ service }) => service === person),
    [{ outcome: 'cut_off' }, { outcome: 'cut_off' }],
  );
});

t.test('nor for a handshake that does not come', async (t) => {
  const { gateway } = await secure(t, { DRAIN_SECONDS: '1' });
  await holding(t, gateway.url);
  await until(async () => (await metricsOf(gateway)).get('connections') === 1);
  const begun = performance.now();
  await gateway.close();
  t.ok(performance.now() - begun < 8000, 'the handshake would have had ten seconds');
});
