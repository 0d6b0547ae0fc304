/**
 * Node's permission model for `lienthong start`: the running gateway can read its own package and the files that its
 * configuration names, and write the directories whose variables say so (`writes`). Node refuses `fsync` under this model: a file that must be
 * durable is opened with `O_DSYNC`. It cannot access other files, start a process or thread, load native code
 * or open an inspector. Code that an attacker runs inside it, through a defect of the gateway or a dependency, has no more rights.
 *
 * Node takes these permissions on its command line only, so the gateway replaces itself (`execve`): the process keeps
 * its id, parent, standard streams and environment, so signals and exit codes need no intermediary, also
 * as process 1 of a container. Node follows symbolic links wherever they lead, so Kubernetes can replace
 * the target of a mounted secret.
 */
import { existsSync, lstatSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configError } from './config-error.ts';
import { makeDirectory } from './make-directory.ts';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

/** The gateway's own files. Not `data/`: the sandbox keeps private keys there. */
const OWN = ['package.json', 'gateway', 'adapters', 'schemas'];

/** Files that prom-client reads about this process: memory, open files and their limit. */
const OF_THIS_PROCESS = ['/proc/self/status', '/proc/self/limits', '/proc/self/fd'];

/** Options of Node that would undo this file or the HTTP server's options. */
const WEAKENING =
  /^--(allow-|permission|no-permission|inspect|insecure-http-parser|tls-min-v1\.[01]|security-revert|openssl-legacy-provider)/;

/** V8 would let garbage of calls grow to 96 MB before it collects; a third of that costs next to nothing. */
const YOUNG_GENERATION = '--max-semi-space-size=12';

/**
 * V8 allocates what a line of code makes in the old generation, once most of it outlived some collections of the young one. Under load,
 * parts of calls in flight do: each would keep its whole call in memory until the next major collection.
 */
const ALL_BEGIN_YOUNG = '--no-allocation-site-pretenuring';

/**
 * Node's own code in large pages, where Linux provides them: a call runs through more code than the processor's page cache
 * (TLB) covers in small pages.
 */
const LARGE_PAGES = '--use-largepages=silent';

/** The C library would keep a heap for each thread, with memory that other threads have freed: a quarter of the total. */
const ONE_HEAP = { MALLOC_ARENA_MAX: '1' };

/** The reason why this process cannot continue, when no variable is at fault; a message for the operator. */
export class PermissionError extends Error {
  override readonly name = 'PermissionError';
}

/** Files and directories outside the package; readable ones need not exist yet. */
interface Paths {
  readonly readable: readonly string[];
  readonly writable: readonly string[];
}

/** Node's options for a gateway with these paths. */
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
    // The warning that the network option may change does not concern an operator.
    '--disable-warning=ExperimentalWarning',
    // SIGUSR1 would open the inspector.
    '--disable-sigusr1',
    ...[...new Set(readable)].map((path) => `--allow-fs-read=${path}`),
    ...writable.map((path) => `--allow-fs-write=${resolve(path)}`),
    // Only while the code is being loaded.
    ...(cache ? [`--allow-fs-read=${cache}`, `--allow-fs-write=${cache}`] : []),
  ];
}

/**
 * Continues in the same process under the permission model. Returns only when the model is active already.
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
  const named = new Set(given.map(nameOf));
  const options = [
    ...process.execArgv,
    // An operator's own take precedence.
    ...[YOUNG_GENERATION, ALL_BEGIN_YOUNG, LARGE_PAGES].filter((option) => !named.has(nameOf(option))),
    '--expose-gc', // for `startGateway`, once
    ...permissionOptions(paths, cache),
  ];
  // Node uses the cache from the first file on; a file outside it would load the whole type stripper.
  const environment = { ...ONE_HEAP, ...process.env, ...(cache && { NODE_COMPILE_CACHE: cache }) };
  if (!process.execve) {
    throw new PermissionError(`start it as: node ${options.join(' ')} ${process.argv.slice(1).join(' ')}`);
  }
  process.execve(process.execPath, [process.execPath, ...options, ...process.argv.slice(1)], environment);
}

/** The name of an option, whatever its value: Node reads `_` as `-`. */
const nameOf = (option: string) =>
  option
    .replaceAll('_', '-')
    .replace(/^--(no-)?/, '')
    .replace(/=.*/s, '');

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
 * Loads code through Node's compile cache, which saves memory and time, and drops the right to write the cache before it
 * returns: code that runs later cannot plant anything for the next start.
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

/** A compile cache of this user's own: another user may already own Node's usual directory. */
const CACHE = join(tmpdir(), `lienthong-code-${process.getuid?.()}`);

/** @returns the cache's directory if no other user can write there, and Node can drop the permission again (26) */
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

/** Node grants access below a directory only if the directory exists. The user of a directory reports if it cannot be made. */
function tryToMake(path: string): void {
  try {
    makeDirectory(resolve(path), 0o700);
  } catch {
    // A read-only file system, or another user's directory.
  }
}

/** The directories of this package's dependencies: beside it, or above it when it is itself a dependency. */
function moduleDirectories(directory: string): string[] {
  const here = join(directory, 'node_modules');
  const found = existsSync(here) ? [here, realpathSync(here)] : [];
  const parent = dirname(directory);
  return parent === directory ? found : [...found, ...moduleDirectories(parent)];
}

function optionsOf(nodeOptions: string): string[] {
  return nodeOptions.replaceAll(/["\\]/g, '').split(/\s+/);
}
