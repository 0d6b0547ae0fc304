/**
 * Watches the files of the catalogue for changes.
 *
 * An event of `fs.watch` is only a hint: editors rename, Kubernetes swaps the link `..data`, network file systems send no
 * events, and a watch on a replaced directory still watches the old one. So a scan of the directories decides. It also runs
 * regularly without a hint, and renews the watches.
 */
import { createHash } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { inBatches } from '../../runtime/in-batches.ts';
import type { Log } from '../../telemetry/log.ts';

export interface WatchOptions {
  readonly directories: readonly string[];
  /**
   * Called when the files differ from those of the last call, and soon after the start, since they may have changed before the
   * watch began. `false`: the change could not be used, so it is called again after the next scan.
   */
  readonly changed: () => Promise<boolean>;
  readonly log: Log;
  /** Milliseconds without a further hint before a scan, so that a program can finish writing several files. */
  readonly quietTime?: number;
  /** Milliseconds between scans without a hint; longer when scans of a large catalogue would cost too much. */
  readonly pollEvery?: number;
}

/** Scans without a hint take at most a hundredth of the time, but one runs at least every five minutes. */
const LEAST_IDLE = 100;
const LONGEST_POLL = 5 * 60_000;

/** Starts to watch. @returns stops it; resolves when a running `changed` is over */
export function watchDirectories(options: WatchOptions): () => Promise<void> {
  const { changed, log, quietTime = 250, pollEvery = 30_000 } = options;
  const watched = namesToWatch(options.directories.map((path) => resolve(path)));
  const watches = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>();
  let lastSignature: string | undefined;
  let scanning: Promise<void> | undefined;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  let hintedSince: number | undefined;
  let closed = false;

  function scanIn(milliseconds: number): void {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(start, milliseconds).unref();
  }

  function hint(): void {
    hintedSince ??= Date.now();
    // Scans also during a write that never pauses.
    scanIn(Date.now() - hintedSince > 10 * quietTime ? 0 : quietTime);
  }

  function start(): void {
    if (scanning) {
      again = true;
      return;
    }
    hintedSince = undefined;
    const began = performance.now();
    scanning = scan()
      .catch((error: unknown) => log.warn({ err: error }, 'the catalogue’s directories cannot be looked at'))
      .finally(() => {
        scanning = undefined;
        const soon = again;
        again = false;
        const took = Math.min(LEAST_IDLE * (performance.now() - began), LONGEST_POLL);
        scanIn(soon ? quietTime : Math.max(pollEvery, took));
      });
  }

  async function scan(): Promise<void> {
    await Promise.all([...watched.keys()].map(renewWatch));
    const now = await signatureOf(options.directories);
    if (closed || now === lastSignature) return;
    lastSignature = now;
    if (!(await changed())) lastSignature = undefined;
  }

  /** Watches the directory that the name leads to now: a watch follows the inode, not the name. */
  async function renewWatch(directory: string): Promise<void> {
    const identity = await stat(directory).then(
      ({ dev, ino }) => `${dev}:${ino}`,
      () => undefined,
    );
    const known = watches.get(directory);
    if (known?.identity === identity || closed) return;
    known?.watcher.close();
    watches.delete(directory);
    if (identity === undefined) return;
    try {
      const names = watched.get(directory);
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        if (!names || name === null || names.has(name)) hint();
      });
      // The directory was removed, or no inotify watches are left: regular scans go on.
      watcher.on('error', () => {
        watcher.close();
        watches.delete(directory);
      });
      watches.set(directory, { identity, watcher });
    } catch (error) {
      log.debug(
        { err: error, directory },
        'this directory cannot be watched; it is looked at every so often',
      );
    }
  }

  start();
  return async () => {
    closed = true;
    clearTimeout(timer);
    for (const { watcher } of watches.values()) watcher.close();
    await scanning;
    clearTimeout(timer);
  };
}

/**
 * Directories to watch, each with the relevant names in it; `undefined`: all. Includes two levels above, for a deployment that
 * replaces a whole directory, or the link to it.
 */
function namesToWatch(directories: readonly string[]): Map<string, Set<string> | undefined> {
  const watched = new Map<string, Set<string> | undefined>(directories.map((path) => [path, undefined]));
  for (const directory of directories) {
    for (const path of [directory, dirname(directory)]) {
      const parent = dirname(path);
      const names = watched.get(parent) ?? new Set();
      if (directories.includes(parent)) continue;
      watched.set(parent, names.add(basename(path)));
    }
  }
  return watched;
}

/** Digests names, inodes and times of all files: a file that is overwritten gets another `ctime`. */
async function signatureOf(directories: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const directory of directories) {
    hash.update(`\0${directory}\0`);
    const names = await readdir(directory).catch(() => []);
    const lines = await inBatches(names.sort(), (name) => signatureOfFile(directory, name));
    for (const line of lines) hash.update(line);
  }
  return hash.digest('hex');
}

async function signatureOfFile(directory: string, name: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(join(directory, name), { bigint: true });
    return `${name}\0${ino}\0${size}\0${mtimeNs}\0${ctimeNs}\0`;
  } catch {
    return `${name}\0gone\0`;
  }
}
