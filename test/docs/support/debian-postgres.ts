/**
 * PostgreSQL as Debian packages it, with TLS: of a version that its own `pg_dump`, `pg_restore` and `psql` speak to, and the
 * oldest that the gateway takes.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Test } from 'tap';
import { postgresAccount } from '../../../deploy/sandbox/postgres/postgres-binaries.ts';
import { freePort } from '../../../deploy/sandbox/processes/free-port.ts';
import { makeAuthority, makeCertificate } from '../../support/certificates.ts';
import { until } from '../../support/until.ts';

const PACKAGES = '/usr/lib/postgresql';

export interface DebianPostgres {
  /** `postgres://…`, a superuser's, for every address of this machine without a password. */
  readonly url: string;
  /** Of the authority that signed its certificate, PEM. */
  readonly authority: string;
}

/** `undefined` with a loud skip where the package is not installed; under `CI=true` that is a failure. */
export async function debianPostgres(
  test: Pick<Test, 'skip' | 'teardown'>,
): Promise<DebianPostgres | undefined> {
  const version = (await readdir(PACKAGES).catch(() => [])).sort((a, b) => Number(b) - Number(a))[0];
  if (version === undefined) {
    const why = 'PostgreSQL is not installed (Debian package postgresql)';
    if (process.env.CI === 'true') throw new Error(why);
    console.error(`\n*** SKIPPED: ${why}\n`);
    test.skip(why, () => {});
    return undefined;
  }
  const bin = join(PACKAGES, version, 'bin');
  const account = postgresAccount();
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-debian-postgres-'));
  const own = async (path: string) => account && (await chown(path, account.uid, account.gid));
  await own(directory);
  const data = join(directory, 'data');
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'lienthong', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...account, cwd: directory, encoding: 'utf8', env: { PATH: bin } },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stdout}${made.stderr}`);
  const authority = makeAuthority('PostgreSQL');
  const certificate = makeCertificate(
    { subject: [['CN', 'postgres']], san: [['ip', '127.0.0.1']] },
    authority,
  );
  for (const [name, text] of [
    ['server.crt', certificate.pem],
    ['server.key', certificate.keyPem],
  ] as const) {
    await writeFile(join(data, name), text, { mode: 0o600 });
    await own(join(data, name));
  }
  const port = await freePort('127.0.0.1');
  const settings = {
    ...{ listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', ssl: 'on' },
    ...{ fsync: 'off', max_connections: '100', log_min_messages: 'fatal' },
  };
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...account, cwd: directory, stdio: 'ignore', env: { PATH: bin } },
  );
  test.teardown(async () => {
    if (server.exitCode === null) {
      server.kill('SIGINT');
      await once(server, 'exit');
    }
    await rm(directory, { recursive: true, force: true });
  });
  const url = `postgres://lienthong@127.0.0.1:${port}/postgres`;
  await until(async () => {
    const client = new pg.Client(url);
    const answers = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => {});
    return answers;
  });
  return { url, authority: authority.pem };
}
