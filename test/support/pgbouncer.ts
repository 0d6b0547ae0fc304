import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Test } from 'tap';
import { postgresAccount } from '../../deploy/sandbox/postgres/postgres-binaries.ts';
import { freePort } from '../../deploy/sandbox/processes/free-port.ts';
import { startProcess } from './process.ts';
import { until } from './until.ts';

/** Where Debian installs it, which is on the path of root alone. */
const PATH = `${process.env.PATH}:/usr/sbin`;

/**
 * A pgbouncer before the database at `url`; it ends with `test`.
 * @param mode when a server's connection goes back to the pool
 * @returns the URL through it
 */
export async function startPgbouncer(
  test: Pick<Test, 'teardown'>,
  url: string,
  mode: 'session' | 'transaction' | 'statement',
): Promise<string> {
  const target = new URL(url);
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-pgbouncer-'));
  const port = await freePort();
  const users = join(directory, 'users.txt');
  const settings = join(directory, 'pgbouncer.ini');
  await writeFile(users, `"${target.username}" "${decodeURIComponent(target.password)}"\n`);
  await writeFile(
    settings,
    [
      ...['[databases]', `* = host=${target.hostname} port=${target.port}`, '[pgbouncer]'],
      ...[`listen_addr = 127.0.0.1`, `listen_port = ${port}`, 'unix_socket_dir =', `pool_mode = ${mode}`],
      ...['auth_type = scram-sha-256', `auth_file = ${users}`, 'max_client_conn = 200'],
      ...['default_pool_size = 60', 'ignore_startup_parameters = extra_float_digits'],
    ].join('\n'),
  );
  // It refuses to run as root.
  const account = postgresAccount();
  if (account) {
    await Promise.all([directory, users, settings].map((path) => chown(path, account.uid, account.gid)));
  }
  startProcess(test, 'pgbouncer', [settings], { account, env: { PATH } });
  test.teardown(() => rm(directory, { recursive: true, force: true }));
  const through = Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href;
  await until(async () => {
    const client = new pg.Client(through);
    client.on('error', () => {});
    return client.connect().then(
      () => client.end().then(() => true),
      () => false,
    );
  });
  return through;
}
