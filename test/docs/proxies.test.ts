/** deploy/proxy with the real nginx and the real HAProxy in front of two gateways, one of which goes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Agent, request } from 'undici';
import { freePort } from '../../deploy/sandbox/free-port.ts';
import { hasTool } from '../acceptance/support/tools.ts';
import { makeAuthority, makeCertificate } from '../support/certificates.ts';
import { layOut, startTestGateway } from '../support/gateway.ts';
import { startProcess } from '../support/process.ts';
import { until } from '../support/until.ts';
import { proxyFiles } from './support/proxies.ts';

t.setTimeout(300_000);

const authority = makeAuthority('Proxies');
const certificate = makeCertificate({ subject: [['CN', 'api']], san: [['ip', '127.0.0.1']] }, authority);
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
  const ask = async (authorization: string | undefined, path = '/v1/changes/business?limit=1') => {
    const headers = {
      ...(authorization && { authorization }),
      ...{ 'x-forwarded-for': CLAIMED, 'client-cert': ':bm90IG9uZQ==:', 'x-purpose': 'quan-ly-thue' },
    };
    const answer = await request(`https://127.0.0.1:${port}${path}`, { dispatcher, headers });
    return { status: answer.statusCode, text: await answer.body.text() };
  };
  await until(async () =>
    ask(undefined).then(
      ({ status }) => status === 401,
      () => false, // it is not listening yet
    ),
  );
  t.equal((await ask(`Bearer ${token}`)).status, 200, 'a call goes through');

  const sources = () => setting.query<{ source: string }>('SELECT DISTINCT source FROM refusal_count');
  await until(async () => (await sources()).length > 0);
  t.same(await sources(), [{ source: '127.0.0.1' }], 'what a caller claims of its address is dropped');

  // The one drains and goes while calls are made one after the other: none of them fails.
  const calls: number[] = [];
  let isGone = false;
  const gone = one.close().then(() => {
    isGone = true;
  });
  // Below the agreement's rate.
  const call = async () => {
    calls.push((await ask(`Bearer ${token}`)).status);
    await wait(25);
  };
  while (!isGone || calls.length < 20) await call();
  await gone;
  for (let i = 0; i < 20; i += 1) await call();
  t.same([...new Set(calls)], [200], `${calls.length} calls`);
}
