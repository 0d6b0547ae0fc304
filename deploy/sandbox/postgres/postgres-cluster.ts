import { execFile, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { access, chown, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive } from '../processes/is-alive.ts';
import { type Account, sharedDirectory } from './postgres-binaries.ts';

export interface Cluster {
  /** PostgreSQL's own data directory, a real path. */
  path: string;
  /** The password of the superuser `lienthong`. */
  password: string;
}

const run = promisify(execFile);

export const SUPERUSER = 'lienthong';

interface Opening {
  dataDir: string;
  /** The directory of `bin/initdb`. */
  binaries: string;
  account: Account;
  /** False: the cluster is not waited for to reach the disk when it is made. */
  persistent: boolean;
}

interface Initialisation extends Cluster {
  binaries: string;
  account: Account;
  synced: boolean;
}

/**
 * The cluster that belongs to `dataDir`, made on first use: UTF-8, the same sort order on every machine,
 * and a random password, which stays in `dataDir/password`, readable by this user alone.
 *
 * It lies in `dataDir/cluster`, or, where the account cannot get there, in {@link sharedDirectory} under a
 * name derived from the directory's real path and the password: the next start finds it again, and a
 * `dataDir` that was removed begins with an empty database.
 */
export async function openCluster({ dataDir, binaries, account, persistent }: Opening): Promise<Cluster> {
  const password = await keptPassword(dataDir);
  const path = await clusterPath(dataDir, password, account);
  const exists = await access(join(path, 'PG_VERSION')).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  if (!exists) await initialise({ path, password, binaries, account, synced: persistent });
  return { path, password };
}

async function keptPassword(dataDir: string): Promise<string> {
  const file = join(dataDir, 'password');
  const fresh = randomBytes(24).toString('base64url');
  await writeFile(file, fresh, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return readFile(file, 'utf8');
}

async function clusterPath(dataDir: string, password: string, account: Account): Promise<string> {
  const directory = await realpath(dataDir);
  if (!account || canEnter(directory, account)) return join(directory, 'cluster');
  const name = createHash('sha256').update(`${directory}\0${password}`).digest('hex').slice(0, 24);
  return join(await sharedDirectory(), `cluster-${name}`);
}

// Asked by doing it, as the account: it depends on every directory above, and on access lists.
function canEnter(directory: string, account: Account): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], { ...account, cwd: '/' }).status === 0;
}

// Made aside and renamed: an interrupted first start leaves no half-made cluster to stumble over.
async function initialise({ path, password, binaries, account, synced }: Initialisation): Promise<void> {
  await removeAbandoned(path);
  const aside = `${path}.${process.pid}`;
  const passwordFile = `${aside}.password`;
  try {
    await mkdir(aside, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (account)
      await Promise.all([aside, passwordFile].map((made) => chown(made, account.uid, account.gid)));
    await run(
      join(binaries, 'bin', 'initdb'),
      [
        ...['--pgdata', aside, '--username', SUPERUSER, '--pwfile', passwordFile],
        ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C'],
        // C.UTF-8 by PostgreSQL itself: lower('Đ') is 'đ' whatever locales the machine has.
        ...['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--no-instructions'],
        ...(synced ? [] : ['--no-sync']),
      ],
      { ...account, cwd: '/', env: { LC_ALL: 'C' } },
    );
    await rename(aside, path);
  } finally {
    await Promise.all([aside, passwordFile].map((made) => rm(made, { recursive: true, force: true })));
  }
}

/** Removes the directories of killed first starts beside `path`. */
async function removeAbandoned(path: string): Promise<void> {
  const directory = dirname(path);
  for (const name of await readdir(directory)) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const pid = Number.parseInt(name.slice(basename(path).length + 1), 10);
    if (pid > 0 && !isAlive(pid)) await rm(join(directory, name), { recursive: true, force: true });
  }
}
