/**
 * Node's permission model for `lienthong start`: the running gateway reads its own package and the files that its
 * configuration names, and nothing else; it writes into the catalogue's cache alone, starts no process or thread, loads no native code and
 * opens no inspector. What somebody runs inside it, by a fault of ours or of a dependency, has no more than that.
 *
 * Node takes these permissions on its command line only, so the gateway replaces itself (`execve`): the same process,
 * with the same id, parent, standard streams and environment, so that signals and exit codes need no middleman, also
 * as process 1 of a container. A symbolic link is followed wherever it leads, so that Kubernetes may change what is
 * behind a mounted secret.
 */
import { existsSync, lstatSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configError } from './config-error.ts';
import { makeDirectory } from './make-directory.ts';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

/** What the gateway is made of. Not `data/`: the sandbox keeps private keys there. */
const OWN = ['package.json', 'gateway', 'adapters', 'schemas'];

/** What prom-client reads of this very process: memory, open files and their limit. */
const OF_THIS_PROCESS = ['/proc/self/status', '/proc/self/limits', '/proc/self/fd'];

/** Options of Node that would take back what this file or the HTTP server's options ensure. */
const WEAKENING =
  /^--(allow-|permission|no-permission|inspect|insecure-http-parser|tls-min-v1\.[01]|security-revert|openssl-legacy-provider)/;

/** V8 would let garbage of calls grow to 96 MB before it looks; a third of that costs next to nothing. */
const YOUNG_GENERATION = '--max-semi-space-size=12';

/**
 * Node's own code in large pages, where Linux gives them: a call runs through more of it than the processor remembers
 * small pages of.
 */
const LARGE_PAGES = '--use-largepages=silent';

/** The C library would keep a heap for each thread, and what one of them frees from the others: a quarter of all memory. */
const ONE_HEAP = { MALLOC_ARENA_MAX: '1' };

/** Why this process may not go on, where no variable is to blame; a message for whoever starts it. */
export class PermissionError extends Error {
  override readonly name = 'PermissionError';
}

/** Files and directories beside the package; those that are to be read need not exist yet. */
interface Paths {
  readonly readable: readonly string[];
  readonly writable: readonly string[];
}

/** Node's options for a gateway that needs these paths. */
function permissionOptions({ readable: paths, writable }: Paths, cache: string | undefined): string[] {
  const readable = [
    ...OWN.map((name) => join(PACKAGE, name)),
    ...moduleDirectories(PACKAGE),
    ...OF_THIS_PROCESS,
    ...paths.map((path) => resolve(path)),
  ];
  return [
    '--permission',
    // Node 24 has no such permission, and refuses the option.
    ...(process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []),
    // That the option for the network may yet change says nothing to an operator.
    '--disable-warning=ExperimentalWarning',
    // SIGUSR1 would open the inspector.
    '--disable-sigusr1',
    ...[...new Set(readable)].map((path) => `--allow-fs-read=${path}`),
    ...writable.map((path) => `--allow-fs-write=${resolve(path)}`),
    // Until the code is loaded.
    ...(cache ? [`--allow-fs-read=${cache}`, `--allow-fs-write=${cache}`] : []),
  ];
}

/**
 * Goes on in the same process under the permission model. Returns only when it is under it already.
 * @throws PermissionError for options of Node that weaken the gateway, and where a process cannot be replaced
 * @throws ConfigError for variables of Node that do so
 */
export function confine(paths: Paths): void {
  if (process.permission) {
    const wide = ['fs.read', 'fs.write', 'child', 'worker', 'addon'].filter((scope) =>
      process.permission.has(scope),
    );
    if (wide.length > 0) throw new PermissionError(`Node runs with more permissions than needed: ${wide}`);
    return;
  }
  const ofVariable = optionsOf(process.env.NODE_OPTIONS ?? '');
  refuseWeakening(process.execArgv, ofVariable);
  const given = [...process.execArgv, ...ofVariable];
  for (const path of paths.writable) tryToMake(path);
  const cache = prepareCache();
  // An operator's own size counts.
  const sized = given.some((option) => /^--max[-_]semi[-_]space[-_]size/.test(option));
  const options = [
    ...process.execArgv,
    ...(sized ? [] : [YOUNG_GENERATION]),
    ...(given.some((option) => option.startsWith('--use-largepages')) ? [] : [LARGE_PAGES]),
    '--expose-gc', // for `startGateway`, once
    ...permissionOptions(paths, cache),
  ];
  // Node looks there from the first file on: one that is not there would load the whole of what strips types.
  const environment = { ...ONE_HEAP, ...process.env, ...(cache && { NODE_COMPILE_CACHE: cache }) };
  if (!process.execve) {
    throw new PermissionError(`start it as: node ${options.join(' ')} ${process.argv.slice(1).join(' ')}`);
  }
  process.execve(process.execPath, [process.execPath, ...options, ...process.argv.slice(1)], environment);
}

function refuseWeakening(options: readonly string[], ofVariable: readonly string[]): void {
  const weakening = (some: readonly string[]) =>
    some.filter((option) => WEAKENING.test(option.replaceAll('_', '-'))).join(' ');
  const [given, inVariable] = [weakening(options), weakening(ofVariable)];
  if (given !== '') throw new PermissionError(`Node's options weaken the gateway: ${given}`);
  if (inVariable !== '') throw configError('NODE_OPTIONS', `would weaken the gateway: ${inVariable}`);
  if (process.env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    throw configError('NODE_TLS_REJECT_UNAUTHORIZED', 'must not be 0: no certificate would be checked');
  }
}

/**
 * Loads code that Node keeps compiled, which saves memory and time, and gives the right to write there up before it
 * returns: what runs later cannot leave code for the next start.
 */
export async function loadCached<T>(load: () => Promise<T>): Promise<T> {
  const loaded = await load();
  if (process.permission.has('fs.write', CACHE)) {
    module.flushCompileCache();
    process.permission.drop('fs.write', CACHE);
    process.permission.drop('fs.read', CACHE);
  }
  return loaded;
}

/** Compiled code of this user's own: not in Node's usual place, where somebody else may have been first. */
const CACHE = join(tmpdir(), `lienthong-code-${process.getuid?.()}`);

/** @returns the cache's directory if nobody else can write there, and Node can give the right up again (26) */
function prepareCache(): string | undefined {
  if (Number.parseInt(process.versions.node, 10) < 26) return undefined;
  try {
    makeDirectory(CACHE, 0o700);
    const { uid, mode } = lstatSync(CACHE);
    const isOwn = uid === process.getuid?.() && (mode & 0o170077) === 0o040000;
    return isOwn ? CACHE : undefined;
  } catch {
    return undefined; // a read-only file system: it goes without
  }
}

/** Node grants what is below a directory only if the directory is there. One that cannot be made is told by who uses it. */
function tryToMake(path: string): void {
  try {
    makeDirectory(resolve(path), 0o700);
  } catch {
    // A read-only file system, or somebody else's directory.
  }
}

/** Where this package's dependencies are: beside it, or above it when it is itself one. */
function moduleDirectories(directory: string): string[] {
  const here = join(directory, 'node_modules');
  const found = existsSync(here) ? [here, realpathSync(here)] : [];
  const parent = dirname(directory);
  return parent === directory ? found : [...found, ...moduleDirectories(parent)];
}

function optionsOf(nodeOptions: string): string[] {
  return nodeOptions.replaceAll(/["\\]/g, '').split(/\s+/);
}
