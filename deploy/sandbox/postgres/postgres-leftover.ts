import { spawnSync } from 'node:child_process';
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SandboxError } from '../sandbox-error.ts';

/** The setting by which a running server names the process that started it; PostgreSQL ignores it. */
export const OWNER_SETTING = 'lienthong.owner';

interface Postmaster {
  pid: number;
  parent: number;
  owner: number;
}

/**
 * Clears the way for a server on `cluster`, a real path: stops one that a killed gateway left running, and removes a
 * `postmaster.pid` that names no process or an unrelated one.
 *
 * @throws SandboxError when the server's starter is alive: the data directory is in use, and its server belongs to that process
 */
export async function clearLeftover(cluster: string): Promise<void> {
  const lock = join(cluster, 'postmaster.pid');
  const before = await readLock(cluster);
  const running = await postmasterOf(cluster);
  if (running && running.parent === running.owner) {
    throw new SandboxError(
      `the database in ${cluster} is in use by process ${running.owner}: another sandbox? --data-dir chooses another place`,
    );
  }
  if (running) await stopAndWait(running.pid, () => postmasterOf(cluster));

  // A postmaster that was killed outright leaves backends that end within moments; until then they hold the
  // shared memory that the next server would refuse to share.
  await until(async () => (await processesIn(cluster)).length === 0, `processes still use ${cluster}`);
  // Without processes in the directory the lock is stale, even if its pid now belongs to another process, which PostgreSQL would
  // take for a running server. A lock that changed meanwhile belongs to another start.
  if (before !== '' && before === (await readLock(cluster))) await rm(lock, { force: true });
}

async function stopAndWait(pid: number, running: () => Promise<Postmaster | undefined>): Promise<void> {
  process.kill(pid, 'SIGINT'); // fast shutdown: sessions end, the data are written
  const gone = async () => (await running())?.pid !== pid;
  await until(gone, '').catch(async () => {
    process.kill(pid, 'SIGQUIT'); // immediate: the next start recovers from the log
    await until(gone, `PostgreSQL (process ${pid}) does not stop`);
  });
}

async function until(holds: () => Promise<boolean>, failure: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(failure);
    await wait(20);
  }
}

/** The live server of `cluster`, recognised by its command line: a pid alone proves nothing. */
async function postmasterOf(cluster: string): Promise<Postmaster | undefined> {
  const pid = Number.parseInt(await readLock(cluster), 10);
  const found = pid > 0 ? await inspect(pid) : undefined;
  if (!found?.command.includes(`postgres -D ${cluster} `)) return undefined;
  const owner = new RegExp(`${OWNER_SETTING}=(\\d+)`).exec(found.command)?.[1];
  return { pid, parent: found.parent, owner: Number(owner ?? Number.NaN) };
}

function readLock(cluster: string): Promise<string> {
  return readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
}

async function inspect(pid: number): Promise<{ parent: number; command: string } | undefined> {
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-ww', '-o', 'ppid=,command=', '-p', String(pid)], {
      encoding: 'utf8',
    });
    const [, parent, command] = /^\s*(\d+)\s+(.*)$/m.exec(stdout ?? '') ?? [];
    return parent === undefined ? undefined : { parent: Number(parent), command: command ?? '' };
  }
  try {
    const [stat, command] = await Promise.all(
      ['stat', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')),
    );
    // pid (name) state ppid …; the name may hold anything, a parenthesis too
    const [, parent] = stat!.slice(stat!.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(parent), command: command!.replaceAll('\0', ' ') };
  } catch {
    return undefined;
  }
}

/** The processes whose working directory is `cluster`: PostgreSQL's own, all of them. Linux only, else none. */
async function processesIn(cluster: string): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const directories = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
  return pids.filter((_, index) => directories[index] === cluster);
}
