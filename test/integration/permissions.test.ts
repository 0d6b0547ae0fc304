import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Agent, request } from 'undici';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { converse } from '../gateway/http/raw.ts';
import { spawnTestGateway } from '../support/gateway.ts';
import { startNode } from '../support/process.ts';
import { layOut, type Setting } from '../support/setting.ts';
import { until } from '../support/until.ts';

const COMMAND = join(import.meta.dirname, '..', '..', 'gateway', 'lienthong.js');
const { persons, enterprises } = samples();

/**
 * What an intruder would try, from inside the running gateway: loaded by Node's own option, not by the gateway, and at
 * work when signalled.
 */
const INTRUDER = `
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import inspector from 'node:inspector';
import { tmpdir } from 'node:os';
const attempts = {
  readPasswd: () => fs.readFileSync('/etc/passwd'),
  readEnvironment: () => fs.readFileSync('/proc/self/environ'),
  readMemory: () => fs.openSync('/proc/self/mem'),
  readOwner: () => fs.readFileSync(process.env.DATABASE_OWNER_URL_FILE),
  readSandboxKeys: () => fs.readdirSync('data'),
  listRoot: () => fs.readdirSync('/'),
  writeContract: () => fs.writeFileSync(process.env.CONTRACTS_DIR + '/agreements/own.yaml', 'x'),
  writeTemporary: () => fs.writeFileSync('/tmp/lienthong-intruder', 'x'),
  writeCode: () => fs.writeFileSync(tmpdir() + '/lienthong-code-' + process.getuid() + '/x', 'x'),
  readCode: () => fs.readdirSync(tmpdir() + '/lienthong-code-' + process.getuid()),
  linkAround: () => fs.symlinkSync('/etc', process.env.CLIENT_KEYS_DIR + '/etc'),
  spawn: () => execFileSync('true'),
  replace: () => process.execve('/bin/true', ['true'], {}),
  thread: () => new Worker('1', { eval: true }),
  nativeCode: () => process.dlopen({ exports: {} }, '/nowhere.node'),
  inspect: () => inspector.open(0),
  report: () => process.report.writeReport('/tmp/lienthong-report'),
};
process.on('SIGUSR2', () => {
  const outcome = (attempt) => {
    try { attempt(); return 'DONE'; } catch (error) { return error.code ?? error.message; }
  };
  console.error('intruder ' + JSON.stringify(Object.fromEntries(
    Object.entries(attempts).map(([name, attempt]) => [name, outcome(attempt)]))));
});`;

/** Every secret in a file behind a symbolic link, as Kubernetes mounts them. */
async function secretsInFiles(setting: Setting): Promise<Record<string, string>> {
  const directory = join(setting.variables.CONTRACTS_DIR!, '..', 'mounted');
  const behind = join(directory, '..data');
  await mkdir(behind, { recursive: true });
  const names = ['MASTER_KEY', 'DATABASE_URL', 'POPULATION_SECRET', 'POPULATION_API_KEY', 'LAND_UPSTREAMS'];
  const variables: Record<string, string> = {};
  for (const name of names) {
    await writeFile(join(behind, name), setting.variables[name]!);
    await symlink(join('..data', name), join(directory, name));
    variables[name] = '';
    variables[`${name}_FILE`] = join(directory, name);
  }
  return variables;
}

t.test('the running gateway can do nothing but its work', async (t) => {
  const setting = await layOut(t);
  const probe = join(setting.variables.CLIENT_KEYS_DIR!, 'intruder.mjs');
  await writeFile(probe, INTRUDER);
  const kept = join(setting.variables.CONTRACTS_DIR!, '..', 'not', 'there', 'yet');
  // For `lienthong migrate`, in an environment that both share.
  const owner = join(setting.variables.CONTRACTS_DIR!, '..', 'owner');
  await writeFile(owner, setting.databaseUrl);
  const gateway = await spawnTestGateway(t, {
    setting,
    variables: {
      ...(await secretsInFiles(setting)),
      NODE_OPTIONS: `--import=${probe}`,
      CATALOGUE_CACHE_DIR: kept,
      DATABASE_OWNER_URL_FILE: owner,
    },
  });
  const { pid } = gateway.process;

  process.kill(pid, 'SIGUSR2');
  const [, outcomes] = await gateway.process.line(/^intruder (.*)$/);
  const denied = JSON.parse(outcomes!) as Record<string, string>;
  t.equal(Object.keys(denied).length, 17);
  for (const [name, outcome] of Object.entries(denied)) {
    t.match(outcome, /^ERR_(ACCESS_DENIED|DLOPEN_DISABLED)$/, name);
  }

  await t.test('its work it does all the same', async (t) => {
    await until(async () => (await readdir(kept)).some((name) => name.endsWith('.catalogue')));
    const [personalId] = persons.present as [string];
    t.equal((await gateway.call('H26.motcua', 'population.person.lookup', { personalId })).status, 200);
    const [enterpriseCode] = enterprises.present as [string];
    t.equal((await gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode })).status, 200);
    t.equal((await gateway.evidence()).length, 2);
    t.match(await gateway.send('/docs/'), { status: 200, headers: { 'content-type': /^text\/html/ } });
    const styles = await gateway.send('/docs/static/swagger-ui.css');
    t.match(styles, { status: 200, headers: { 'content-type': /^text\/css/ } });
    t.ok(styles.text.length > 10_000);
    t.equal((await gateway.send('/docs/static/../../../../../etc/passwd')).status, 404);
    const { text } = await gateway.operations('/metrics');
    t.match(text, /^lienthong_process_resident_memory_bytes [1-9]/m, 'metrics of the process are read');
    t.match(text, /^lienthong_process_open_fds [1-9]/m);
    t.match(text, /^lienthong_process_max_fds [1-9]/m);
  });

  await t.test('it is one process, and its command line names files, no secrets', async (t) => {
    const [commandLine, title, children] = await Promise.all(
      ['cmdline', 'comm', `task/${pid}/children`].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')),
    );
    t.match(commandLine, /\0--permission\0/);
    t.match(commandLine, /\0--max-semi-space-size=12\0/);
    t.match(commandLine, /\0--no-allocation-site-pretenuring\0/);
    t.match(commandLine, /\0--use-largepages=silent\0/);
    t.match(await readFile(`/proc/${pid}/environ`, 'utf8'), /(^|\0)MALLOC_ARENA_MAX=1\0/);
    t.match(title, /^(node|MainThread)/);
    t.equal(children, '', 'what was started is the gateway itself: nothing stands between it and a signal');
    t.equal(await readlink(`/proc/${pid}/exe`), process.execPath);
    const { variables, databaseUrl } = gateway;
    const secrets = [variables.MASTER_KEY!, databaseUrl, new URL(databaseUrl).password];
    for (const secret of [...secrets, variables.POPULATION_SECRET!, variables.POPULATION_API_KEY!]) {
      t.notOk(secret !== '' && commandLine!.includes(secret));
    }
  });

  t.same(await gateway.process.end('SIGTERM'), { code: 0, signal: null });
});

const noOpenssl =
  process.env.CI !== 'true' && spawnSync('openssl', ['version']).error ? 'openssl is not installed' : false;

t.test('files of TLS are read, and what is no TLS is closed', { skip: noOpenssl }, async (t) => {
  const setting = await layOut(t);
  const directory = join(setting.variables.CONTRACTS_DIR!, '..');
  const [TLS_CERT_FILE, TLS_KEY_FILE] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')];
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-keyout', TLS_KEY_FILE, '-out', TLS_CERT_FILE],
  ]);
  const gateway = await spawnTestGateway(t, { setting, variables: { TLS_CERT_FILE, TLS_KEY_FILE } });
  const dispatcher = new Agent({ connect: { ca: await readFile(TLS_CERT_FILE) } });
  t.teardown(() => dispatcher.destroy());
  const answer = await request(`${gateway.url.replace('http:', 'https:')}/oauth2/jwks`, { dispatcher });
  t.equal(answer.statusCode, 200);
  await answer.body.dump();
  const plain = await converse(gateway.url, ['GET /oauth2/jwks HTTP/1.1\r\nHost: x\r\n\r\n']);
  t.match(plain, { closed: true, statuses: [] });
  t.same(await gateway.process.end('SIGTERM'), { code: 0, signal: null });
});

t.test('options of Node that would take something back are refused', async (t) => {
  const setting = await layOut(t);
  const start = async (options: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const child = startNode(t, [...options, COMMAND, 'start'], { env: { ...setting.variables, ...env } });
    const ended = await child.ended;
    return { code: ended.code, output: child.output };
  };
  for (const option of [
    '--insecure-http-parser',
    '--insecure_http_parser',
    '--inspect=0',
    '--tls-min-v1.0',
    '--tls-min-v1.1',
  ]) {
    const { code, output } = await start([option]);
    t.match(
      { code, output },
      { code: 2, output: /^lienthong start: Node's .* weaken the gateway: --/m },
      option,
    );
    t.match(output, /^\{"level":"fatal",.*"reason":"Node's options weaken the gateway: --/m, 'as JSON too');
    t.notMatch(output, 'stack');
  }
  t.match(
    await start([], { NODE_OPTIONS: '--max-old-space-size=512 "--insecure-http-parser"' }),
    { code: 2, output: /weaken the gateway: --insecure-http-parser$/m },
    'in NODE_OPTIONS too',
  );
  t.match(
    await start(['--permission', '--allow-fs-read=*', '--allow-child-process']),
    { code: 2, output: /more permissions than needed: fs\.read,child/ },
    'permissions of somebody else’s choice',
  );
  t.match(await start([], { NODE_TLS_REJECT_UNAUTHORIZED: '0' }), { code: 2, output: /no certificate/ });
  t.match(
    await start([], { NODE_OPTIONS: '--allow-child-process' }),
    { code: 1, output: /--permission is required/ },
    'Node itself refuses permissions without the model',
  );
});
