import { access, chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { type PostgresServer, startPostgres } from '../../../../deploy/sandbox/postgres/postgres.ts';
import { isAlive } from '../../../../deploy/sandbox/processes/is-alive.ts';
import { ownPostgres } from '../../../support/database.ts';
import { startNode } from '../../../support/process.ts';

const NOT_LINUX = process.platform === 'linux' ? false : 'it looks for the watchdog in /proc';
const ROOT = join(import.meta.dirname, '..', '..', '..', '..');

async function query(server: Pick<PostgresServer, 'url'>, statement: string): Promise<unknown[]> {
  const client = new pg.Client(server.url);
  client.on('error', () => {}); // that the server is stopped under it is what some of the tests do
  await client.connect();
  try {
    return (await client.query({ text: statement, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

async function temporaryDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-test-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

const server = await ownPostgres(t);

t.test('a database: durable, UTF-8, on the loopback address, with a password', async (t) => {
  t.match(server.url, /^postgres:\/\/lienthong:[\w-]{32}@127\.0\.0\.1:\d+\/postgres$/);
  t.same(
    await query(
      server,
      `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit',
       'listen_addresses', 'unix_socket_directories', 'server_encoding') ORDER BY name`,
    ),
    [
      ['fsync', 'on'],
      ['full_page_writes', 'on'],
      ['listen_addresses', '127.0.0.1'],
      ['server_encoding', 'UTF8'],
      ['synchronous_commit', 'on'],
      ['unix_socket_directories', ''],
    ],
  );
  t.same(await query(server, `SELECT lower('NGUYỄN ĐỨC'), 'đ' > 'z'`), [['nguyễn đức', true]]);

  const guess = new URL(server.url);
  guess.password = 'guess';
  await t.rejects(query({ url: guess.href }, 'SELECT 1'), { code: '28P01' });
});

t.test('restarted and killed, it comes back on its port with everything that was committed', async (t) => {
  const { url } = server;
  await query(server, 'CREATE TABLE kept (n int)');
  await query(server, 'INSERT INTO kept VALUES (1)');

  await server.restart();
  t.equal(server.url, url);
  t.same(await query(server, 'SELECT n FROM kept'), [[1]]);

  await query(server, 'INSERT INTO kept VALUES (2)');
  await server.kill();
  t.equal(server.pid, undefined);
  await t.rejects(query(server, 'SELECT 1'), { code: 'ECONNREFUSED' });
  await server.start();
  t.same(await query(server, 'SELECT n FROM kept ORDER BY n'), [[1], [2]]);

  await server.halt();
  await t.rejects(query(server, 'SELECT 1'), { code: 'ECONNREFUSED' });
  await server.start();
  t.same(await query(server, 'SELECT count(*)::int FROM kept'), [[2]]);
});

t.test('stop() leaves nothing behind, or the data alone', async (t) => {
  const parent = await temporaryDirectory(t);
  await chmod(parent, 0o755);

  const fleeting = await startPostgres({ dataDir: join(parent, 'fleeting'), persistent: false });
  const pid = fleeting.pid!;
  await fleeting.stop();
  await fleeting.stop();
  t.notOk(isAlive(pid));
  t.notOk(await exists(join(parent, 'fleeting')));

  const dataDir = join(parent, 'lasting');
  const first = await startPostgres({ dataDir, persistent: true });
  await query(first, 'CREATE TABLE kept AS SELECT 7 AS n');
  await first.stop();
  t.equal((await stat(join(dataDir, 'password'))).mode & 0o777, 0o600);
  const second = await startPostgres({ dataDir, persistent: true });
  t.teardown(() => second.stop());
  t.same(await query(second, 'SELECT n FROM kept'), [[7]]);
});

t.test('a directory that the server cannot enter', async (t) => {
  const closed = await temporaryDirectory(t); // mode 0700
  const dataDir = join(closed, 'data');
  const first = await startPostgres({ dataDir, persistent: true });
  t.teardown(() => rm(first.cluster, { recursive: true, force: true }));
  await query(first, 'CREATE TABLE kept AS SELECT 7 AS n');
  await first.stop();

  const second = await startPostgres({ dataDir, persistent: true });
  t.equal(second.cluster, first.cluster);
  t.same(await query(second, 'SELECT n FROM kept'), [[7]]);
  await second.stop();

  await rm(dataDir, { recursive: true });
  const anew = await startPostgres({ dataDir, persistent: false });
  t.teardown(() => anew.stop());
  await t.rejects(query(anew, 'SELECT n FROM kept'), { code: '42P01' }, 'removed data do not come back');
});

t.test('a data directory has one owner', async (t) => {
  const dataDir = join(server.cluster, '..');
  await t.rejects(startPostgres({ dataDir, persistent: true }), {
    message: new RegExp(`in use by process ${process.pid}:`),
  });
  t.same(await query(server, 'SELECT 1'), [[1]], 'undisturbed');
});

t.test('a server that does not start says why', async (t) => {
  const parent = await temporaryDirectory(t);
  await chmod(parent, 0o755);
  const dataDir = join(parent, 'data');
  const taken = startPostgres({ dataDir, port: server.port, persistent: false });
  await t.rejects(taken, { message: /did not start.*Address already in use/s });
  t.notOk(await exists(dataDir));
});

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await wait(20);
}

/** Starts PostgreSQL in another process, to kill that; resolves with its address and its server's pid. */
async function startElsewhere(t: Test, dataDir: string) {
  const script = `
    const { startPostgres } = await import(${JSON.stringify(join(ROOT, 'deploy/sandbox/postgres/postgres.ts'))});
    const server = await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, persistent: true });
    process.on('SIGINT', () => console.log('interrupted'));
    console.log('running', server.pid, server.url);
    setInterval(() => {}, 1000);`;
  const child = startNode(t, ['--input-type=module', '--eval', script], { ownGroup: true });
  const [, pid, url] = await child.line(/^running (\d+) (.*)$/);
  return { child, pid: Number(pid), url: url! };
}

async function watchdogOf(pid: number): Promise<number> {
  for (const entry of await readdir('/proc')) {
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(`\0lienthong-watchdog\0${pid}\0`)) return Number(entry);
  }
  throw new Error(`process ${pid} has no watchdog`);
}

t.test('Ctrl-C leaves the server to its process', async (t) => {
  const parent = await temporaryDirectory(t);
  await chmod(parent, 0o755);
  const elsewhere = await startElsewhere(t, join(parent, 'data'));
  process.kill(-elsewhere.child.pid, 'SIGINT');
  await elsewhere.child.line(/interrupted/);
  t.same(await query(elsewhere, 'SELECT 1'), [[1]]);
  await elsewhere.child.end('SIGKILL');
  await gone(elsewhere.pid);
});

t.test('when its process is killed the server ends, and the data are safe', async (t) => {
  const parent = await temporaryDirectory(t);
  await chmod(parent, 0o755);
  const dataDir = join(parent, 'data');
  const elsewhere = await startElsewhere(t, dataDir);
  await query(elsewhere, 'CREATE TABLE kept AS SELECT 7 AS n');
  await elsewhere.child.end('SIGKILL');

  // Whatever the watchdog has got to by now, the next start waits for the end of the server before.
  const next = await startPostgres({ dataDir, persistent: true });
  t.teardown(() => next.stop());
  t.not(next.pid, elsewhere.pid);
  t.same(await query(next, 'SELECT n FROM kept'), [[7]]);
});

t.test('an orphan, its watchdog killed too, is stopped by the next start', { skip: NOT_LINUX }, async (t) => {
  const parent = await temporaryDirectory(t);
  await chmod(parent, 0o755);
  const dataDir = join(parent, 'data');
  const elsewhere = await startElsewhere(t, dataDir);
  await query(elsewhere, 'CREATE TABLE kept AS SELECT 7 AS n');
  const watchdog = await watchdogOf(elsewhere.pid);
  process.kill(watchdog, 'SIGKILL');
  await elsewhere.child.end('SIGKILL');
  t.same(await query(elsewhere, 'SELECT n FROM kept'), [[7]], 'it runs on');

  const next = await startPostgres({ dataDir, persistent: true });
  t.teardown(() => next.stop());
  t.not(next.pid, elsewhere.pid);
  t.same(await query(next, 'SELECT n FROM kept'), [[7]]);
  await t.rejects(query(elsewhere, 'SELECT 1'), { code: 'ECONNREFUSED' });
});

t.test("a lock whose pid is now a stranger's", async (t) => {
  const parent = await temporaryDirectory(t);
  await chmod(parent, 0o755);
  const dataDir = join(parent, 'data');
  const first = await startPostgres({ dataDir, persistent: true });
  const lock = join(first.cluster, 'postmaster.pid');
  const left = await readFile(lock, 'utf8');
  await first.stop();

  await writeFile(lock, left.replace(/^\d+/, String(process.pid)));
  const next = await startPostgres({ dataDir, persistent: true });
  t.teardown(() => next.stop());
  t.same(await query(next, 'SELECT 1'), [[1]]);
});
