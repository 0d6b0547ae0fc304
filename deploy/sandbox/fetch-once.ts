/** Fetches tools' packages from a registry, once for each version of the files that name them. */
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isAlive } from './processes/is-alive.ts';

const LOCK_DEADLINE_MS = 300_000;

/**
 * A complete directory below `cache` that is named after the content of `files` (a pom, a lock file).
 *
 * Concurrent processes wait for the first one: package managers' own caches are not made for two.
 * @param fetch fills the directory `to`, which does not exist before
 */
export async function fetchOnce(
  cache: string,
  files: readonly string[],
  fetch: (to: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(file));
  const directory = join(cache, hash.digest('hex').slice(0, 12));
  if (await exists(directory)) return directory;
  await mkdir(cache, { recursive: true });
  await alone(`${directory}.lock`, async () => {
    if (await exists(directory)) return;
    // Fetched elsewhere and renamed, so a directory with the final name is complete.
    const aside = `${directory}.${process.pid}`;
    try {
      await fetch(aside);
      await rename(aside, directory);
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  });
  return directory;
}

async function alone(lock: string, work: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + LOCK_DEADLINE_MS;
  while (!(await tryLock(lock))) {
    if (Date.now() > deadline) throw new Error(`another process is still fetching; else remove ${lock}`);
    await wait(100);
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const holder = Number.parseInt(await readFile(lock, 'utf8').catch(() => ''), 10);
  if (holder > 0 && !isAlive(holder)) await rm(lock, { force: true });
  return false;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
