/** Calls that the gateway ends itself, and callers that leave in numbers, or behind TLS. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { makeAuthority, makeCertificate } from '../../support/certificates.ts';
import { controlOf } from '../../support/control.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { until } from '../../support/until.ts';
import { bytesOf, callLines, dial, metricsOf, outcomesSince } from './left.ts';

t.setTimeout(180_000);

const [personalId] = samples().persons.present as [string];
const LOOKUP = 'POST /v1/population/persons/lookup';
const TOKEN = 'POST /oauth2/token';
const person = 'population.person.lookup@1';
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const asked = JSON.stringify({ personalId });

async function deskOf(gateway: TestGateway, requestId = randomUUID()): Promise<Record<string, string>> {
  return {
    authorization: `Bearer ${await gateway.token('H26.motcua')}`,
    'content-type': 'application/json',
    'x-purpose': 'dich-vu-cong',
    'x-case-id': 'C1',
    'x-officer-id': 'O1',
    'x-request-id': requestId,
  };
}

/** Sends bytes and reads until the gateway closes the connection. */
async function answerTo(gateway: TestGateway, bytes: string): Promise<string> {
  const socket = await dial(gateway.url);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(bytes);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

const idle = (gateway: TestGateway) =>
  until(async () => (await metricsOf(gateway)).get('calls_in_flight') === 0);

t.test('a body that does not come, or cannot be read, is refused by the gateway', async (t) => {
  const gateway = await startTestGateway(t, { variables: { REQUEST_SECONDS: '1' } });
  const cases = [
    ['the token endpoint', 408, 'none', bytesOf(TOKEN, form, 'grant_type=x', 3)],
    ['a service', 408, person, bytesOf(LOOKUP, await deskOf(gateway), asked, 3)],
    [
      'a service, by chunks',
      400,
      person,
      `${bytesOf(LOOKUP, { ...(await deskOf(gateway)), 'transfer-encoding': 'chunked' })}zz\r\n{\r\n`,
    ],
  ] as const;
  for (const [name, status, service, bytes] of cases) {
    const before = await metricsOf(gateway);
    const lines = callLines(gateway).length;
    const rows = (await gateway.evidence()).length;
    t.match(await answerTo(gateway, bytes), new RegExp(`^HTTP/1.1 ${status} `), name);
    await until(async () => (await outcomesSince(gateway, before)).length === 1);
    await idle(gateway);
    t.same(await outcomesSince(gateway, before), [`${service} malformed_request`], 'counted');
    t.match(callLines(gateway).slice(lines), [{ status, outcome: 'malformed_request' }], 'logged');
    const known = service === 'none' ? [] : [['refusal', status, 'malformed_request']];
    await until(async () => (await gateway.evidence()).length === rows + known.length);
    t.same(
      (await gateway.evidence()).slice(rows).map(({ kind, status, code }) => [kind, status, code]),
      known,
      'recorded as a refusal where it is known whose it was',
    );
    const refusals = 'refusals_total{code="malformed_request"}';
    const count = ((await metricsOf(gateway)).get(refusals) ?? 0) - (before.get(refusals) ?? 0);
    t.equal(count, known.length === 0 ? 1 : 0, 'and counted where it is not');
  }
  t.notOk(
    gateway.log.some((line) => line.includes('store_unavailable')),
    'PostgreSQL has no part in it',
  );
});

t.test('more bodies than calls may be in flight are broken off: others are served', async (t) => {
  const COUNT = 2100;
  const AT_ONCE = 50;
  const gateway = await startTestGateway(t, { variables: { ADDRESS_RATE: '1000000' } });
  await gateway.token('H26.motcua');
  const before = await metricsOf(gateway);
  for (let sent = 0; sent < COUNT; sent += AT_ONCE) {
    const sockets = await Promise.all(Array.from({ length: AT_ONCE }, () => dial(gateway.url)));
    for (const socket of sockets) socket.write(bytesOf(TOKEN, form, 'grant_type=x', 5));
    await until(async () => (await metricsOf(gateway)).get('calls_in_flight') === AT_ONCE);
    for (const socket of sockets) socket.resetAndDestroy();
    await idle(gateway);
  }
  const call = await gateway.call('H26.motcua', 'population.person.lookup', { personalId });
  t.equal(call.status, 200);
  const outcomes = await outcomesSince(gateway, before);
  t.equal(outcomes.filter((outcome) => outcome === 'none caller_left').length, COUNT);
  t.equal(outcomes.length, COUNT + 1);
});

t.test('a caller leaves a connection by TLS', async (t) => {
  const authority = makeAuthority('Servers');
  const server = makeCertificate({ subject: [['CN', 'gateway']], san: [['ip', '127.0.0.1']] }, authority);
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-tls-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const file = async (name: string, text: string) => {
    await writeFile(join(directory, name), text);
    return join(directory, name);
  };
  const gateway = await startTestGateway(t, {
    variables: {
      TLS_CERT_FILE: await file('server.pem', server.pem),
      TLS_KEY_FILE: await file('server.key', server.keyPem),
    },
  });
  const before = await metricsOf(gateway);
  const { hostname, port } = new URL(gateway.url);
  const socket = connect({ host: hostname, port: Number(port), ca: authority.pem }).on('error', () => {});
  await once(socket, 'secureConnect');
  socket.write(bytesOf(TOKEN, form, 'grant_type=x', 3));
  await until(async () => (await metricsOf(gateway)).get('calls_in_flight') === 1);
  socket.destroy();
  await idle(gateway);
  t.same(await outcomesSince(gateway, before), ['none caller_left']);
  await until(async () => (await metricsOf(gateway)).get('connections') === 0);
});

t.test('a call that outlasts the drain was cut off by the gateway, not left by its caller', async (t) => {
  const gateway = await startTestGateway(t, { variables: { DRAIN_SECONDS: '1' } });
  const control = controlOf(gateway, 'population');
  t.teardown(() => control.clear());
  await gateway.token('H26.motcua');
  await control.forget();
  await control.fault({ delayMs: 3000, match: 'TraCuuThongTinCongDan' });
  const gone = t.rejects(gateway.call('H26.motcua', 'population.person.lookup', { personalId }));
  await until(async () => ((await control.stats()).operations.TraCuuThongTinCongDan ?? 0) === 1);
  await gateway.close();
  await gone;
  t.match(
    callLines(gateway).filter(({ service }) => service === person),
    [{ outcome: 'cut_off', status: undefined }],
  );
});
