/** deploy/proxy with the real nginx and the real HAProxy in front of two gateways, one of which goes. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Agent, request } from 'undici';
import { freePort } from '../../deploy/sandbox/processes/free-port.ts';
import { limits } from '../../gateway/config/limits.ts';
import { hasTool } from '../acceptance/support/tools.ts';
import { makeAuthority, makeCertificate } from '../support/certificates.ts';
import { startTestGateway } from '../support/gateway.ts';
import { startProcess } from '../support/process.ts';
import { layOut } from '../support/setting.ts';
import { until } from '../support/until.ts';
import { blocksOf, readDocument } from './support/markdown.ts';
import { proxyFiles } from './support/proxies.ts';

t.setTimeout(300_000);

const authority = makeAuthority('Proxies');
const certificate = makeCertificate({ subject: [['CN', 'api']], san: [['ip', '127.0.0.1']] }, authority);
const MIB = 1024 * 1024;
const CLAIMED = '203.0.113.9';

const PROXIES = {
  nginx: (directory: string) => [
    '-e',
    'stderr',
    '-p',
    directory,
    '-c',
    join(directory, 'nginx.conf'),
    '-g',
    'daemon off;',
  ],
  haproxy: (directory: string) => ['-f', join(directory, 'haproxy.cfg')],
} as const;

for (const [name, args] of Object.entries(PROXIES)) {
  if (hasTool(t, name, name)) t.test(name, (t) => behind(t, name, args));
}

t.test('the limits of the files leave room for those of the gateway', async (t) => {
  const byDefault = (wanted: string) => Number(limits.variables.find(({ name }) => name === wanted)!.default);
  const [streams, connections] = [byDefault('MAX_STREAMS'), byDefault('MAX_CONNECTIONS')];
  const haproxy = await readDocument('deploy/proxy/haproxy.cfg');
  const [, ofGateway] = haproxy.match(/^ +default-server .* maxconn (\d+)$/m)!;
  t.ok(Number(ofGateway) >= 2 * streams, 'as many calls as streams');
  t.ok(Number(ofGateway) < connections, 'a gateway closes none of them');
  t.notMatch(haproxy, /^ +maxconn/m, 'in all: as many as its file descriptors bear');
  const { text } = (await blocksOf('docs/operators/proxy.md')).find(({ language }) => language === 'nginx')!;
  const [, ofWorker] = text.match(/worker_connections (\d+);/)!;
  t.ok(Number(ofWorker) >= 2 * 2 * 2 * streams, 'two connections for each stream and call of both gateways');
  const [, descriptors] = text.match(/worker_rlimit_nofile (\d+);/)!;
  t.ok(Number(descriptors) > Number(ofWorker));
});

async function behind(t: Test, name: string, args: (directory: string) => readonly string[]): Promise<void> {
  const setting = await layOut(t, { variables: { TRUSTED_PROXIES: '127.0.0.1/32', ADDRESS_RATE: '100000' } });
  const { PORT = '', OPERATIONS_PORT = '' } = setting.variables;
  const ofOne = { PORT, OPERATIONS_PORT };
  const ofOther = { PORT: String(await freePort()), OPERATIONS_PORT: String(await freePort()) };
  const one = await startTestGateway(t, { setting, variables: ofOne });
  await startTestGateway(t, { setting, variables: ofOther });
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-proxy-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const port = await freePort();
  const gateways = [ofOne, ofOther].map((ports) => ({
    ...{ port: ports.PORT, operationsPort: ports.OPERATIONS_PORT },
  }));
  await proxyFiles({ directory, certificate, port, gateways });
  const proxy = startProcess(t, name, args(directory), { cwd: directory });
  // Killed, nginx would leave its worker behind.
  t.teardown(() => proxy.end('SIGTERM'));

  const dispatcher = new Agent({ connect: { ca: authority.pem } });
  t.teardown(() => dispatcher.destroy());
  const token = await one.token('G12.thue');
  const send = async (path: string, options: { headers: Record<string, string>; body?: Buffer }) => {
    const method = options.body ? 'POST' : 'GET';
    const answer = await request(`https://127.0.0.1:${port}${path}`, { dispatcher, method, ...options });
    const type = answer.headers['content-type'];
    return { status: answer.statusCode, type, text: await answer.body.text() };
  };
  const ask = (authorization: string | undefined, more: Record<string, string> = {}) => {
    const headers = {
      ...(authorization && { authorization }),
      ...{ 'x-forwarded-for': CLAIMED, 'client-cert': ':bm90IG9uZQ==:', 'x-purpose': 'quan-ly-thue' },
    };
    return send('/v1/changes/business?limit=1', { headers: { ...headers, ...more } });
  };
  const ended = proxy.ended.then(() => Promise.reject(new Error(proxy.output)));
  const listening = until(async () =>
    ask(undefined).then(
      ({ status }) => status === 401,
      () => false, // it is not listening yet
    ),
  );
  await Promise.race([listening, ended]);
  t.equal((await ask(`Bearer ${token}`)).status, 200, 'a call goes through');

  const sources = () => setting.query<{ source: string }>('SELECT DISTINCT source FROM refusal_count');
  await until(async () => (await sources()).length > 0);
  t.same(await sources(), [{ source: '127.0.0.1' }], 'what a caller claims of its address is dropped');

  // What is too large is refused by the gateway, in its own form, and what is not goes through.
  const filled = (size: number) => ask(`Bearer ${token}`, { 'x-filler': 'x'.repeat(size) });
  t.equal((await filled(14_500)).status, 200, 'headers of nearly 16 KiB');
  t.match(await filled(17_000), { status: 431, type: 'application/problem+json' });
  const publisher = {
    authorization: `Bearer ${await one.token('G12.dkkd')}`,
    'content-type': 'application/json',
  };
  const publish = (size: number) =>
    send('/v1/business/changes', { headers: publisher, body: Buffer.alloc(size, ' ') });
  t.match(await publish(8 * MIB), { status: 400, type: 'application/problem+json' }, 'the largest body');
  // No byte of it is sent: an answer that comes while a body goes out may be lost with the connection.
  const announced = https.request(`https://127.0.0.1:${port}/v1/business/changes`, {
    ...{ method: 'POST', ca: authority.pem },
    headers: { ...publisher, 'content-length': 8 * MIB + 1 },
  });
  announced.on('error', () => {});
  announced.flushHeaders();
  const [refusal] = await once(announced, 'response');
  announced.destroy();
  t.match(refusal, { statusCode: 413, headers: { 'content-type': 'application/problem+json' } });

  // The one drains and goes while three callers call: none of their calls fails.
  const calls: number[] = [];
  let isGone = false;
  const gone = one.close().then(() => {
    isGone = true;
  });
  // Below the agreement's rate.
  const call = async () => {
    calls.push((await ask(`Bearer ${token}`)).status);
    await wait(40);
  };
  const callers = [1, 2, 3].map(async () => {
    while (!isGone || calls.length < 60) await call();
  });
  await Promise.all(callers);
  await gone;
  for (let i = 0; i < 20; i += 1) await call();
  t.same([...new Set(calls)], [200], `${calls.length} calls`);
}
