import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../processes/free-port.ts';
import { terminate } from '../processes/terminate.ts';
import { watchdog } from '../processes/watchdog.ts';
import { type Account, postgresAccount, postgresBinaries } from './postgres-binaries.ts';
import { type Cluster, openCluster, SUPERUSER } from './postgres-cluster.ts';
import { clearLeftover, OWNER_SETTING } from './postgres-leftover.ts';

export interface PostgresOptions {
  /** Made when missing; holds the password, the server's log, and the cluster where PostgreSQL can get at it. */
  dataDir: string;
  /** 0, the default: a free one. It stays the same over every restart. */
  port?: number;
  /** The address to listen on. */
  host?: string;
  /** Do the data outlive `stop()`? */
  persistent: boolean;
}

export interface PostgresServer {
  /** `postgres://…`, a superuser's. */
  readonly url: string;
  readonly port: number;
  /** Where the data are: outside `dataDir` when PostgreSQL's user cannot get there. */
  readonly cluster: string;
  /** The server's process; undefined while it is down. */
  readonly pid: number | undefined;
  /** Ends the server in good order and, unless it is persistent, removes its data. May be called twice. */
  stop(): Promise<void>;
  /** Ends the server in good order and keeps its data: the database is away until `start()`. */
  halt(): Promise<void>;
  /** Ends the server at once, as a crash would, with every committed transaction safe in its log. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and data. */
  start(): Promise<void>;
  /** `halt()`, then `start()`. */
  restart(): Promise<void>;
}

// Committed transactions are durable: fsync and synchronous_commit are PostgreSQL's defaults, spelled out because
// the gateway's promises rest on them. The rest keeps a sandbox small.
const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '64MB',
  max_wal_senders: '0',
  io_method: 'sync',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
};

const START_DEADLINE_MS = 60_000; // long, for a recovery after a crash

/**
 * Starts a separate PostgreSQL server, also when this process is root: in a process group of its own, so that Ctrl-C does not
 * stop it before this process does, and watched, so that it ends when this process is killed.
 *
 * Rejects with the end of the server's log when it does not start, and when the data directory is in use.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { dataDir, host = '127.0.0.1', persistent } = options;
  const account = postgresAccount();
  const binaries = await postgresBinaries(account);
  await mkdir(dataDir, { recursive: true });
  await chmod(dataDir, 0o755); // mkdtemp makes directories that PostgreSQL's user cannot enter
  const cluster = await openCluster({ dataDir, binaries, account, persistent });
  const remove = persistent ? [] : [dataDir, cluster.path];

  let port = options.port ?? 0;
  let running: ChildProcess | undefined;
  let mine = false; // until then another process may be using the directory: nothing of it is removed

  async function start(): Promise<void> {
    if (running) return;
    await clearLeftover(cluster.path);
    mine = true;
    const anyPort = port === 0;
    for (let attempt = 1; ; attempt++) {
      if (anyPort) port = await freePort(host);
      try {
        running = await launch({ binaries, account, cluster, dataDir, host, port, remove });
        running.once('exit', () => {
          running = undefined;
        });
        return;
      } catch (error) {
        // Another process may have taken the port since it was found free.
        const taken = String(error).includes('Address already in use');
        if (!anyPort || !taken || attempt === 5) throw error;
      }
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (running) await terminate(running, signal, { last: 'SIGQUIT' });
  }

  async function stop(): Promise<void> {
    await end('SIGINT');
    if (mine) await Promise.all(remove.map((path) => rm(path, { recursive: true, force: true })));
  }

  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    get url() {
      return `postgres://${SUPERUSER}:${cluster.password}@${host}:${port}/postgres`;
    },
    get port() {
      return port;
    },
    cluster: cluster.path,
    get pid() {
      return running?.pid;
    },
    start,
    halt: () => end('SIGINT'),
    kill: () => end('SIGQUIT'),
    async restart() {
      await end('SIGINT');
      await start();
    },
    stop,
  };
}

interface Launch {
  binaries: string;
  account: Account;
  cluster: Cluster;
  dataDir: string;
  host: string;
  port: number;
  remove: readonly string[];
}

async function launch({ binaries, account, cluster, dataDir, host, port, remove }: Launch) {
  const settings = { ...SETTINGS, listen_addresses: host, [OWNER_SETTING]: String(process.pid) };
  const logPath = join(dataDir, 'server.log');
  const log = await open(logPath, 'w', 0o600);
  const server = spawn(
    join(binaries, 'bin', 'postgres'),
    [
      ...['-D', cluster.path, '-p', String(port)],
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    {
      ...account,
      cwd: '/',
      detached: true,
      env: { LC_ALL: 'C' },
      stdio: ['ignore', log.fd, log.fd],
    },
  );
  try {
    await once(server, 'spawn');
    server.once('exit', watchdog({ pid: server.pid!, signal: 'INT', remove }));
    await ready(server, cluster.path);
  } catch (cause) {
    await terminate(server, 'SIGQUIT');
    const tail = (await readFile(logPath, 'utf8')).split('\n').slice(-20).join('\n');
    throw new Error(`PostgreSQL did not start: ${(cause as Error).message}\n${tail}`, { cause });
  } finally {
    await log.close();
  }
  server.unref(); // a process that has nothing else to do may end; the watchdog then stops the server
  return server;
}

// PostgreSQL writes its state into postmaster.pid, eighth line; pg_ctl waits for it in the same way.
async function ready(server: ChildProcess, cluster: string): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline) {
    if (server.exitCode !== null || server.signalCode !== null) throw new Error('it ended');
    const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (lines[0] === String(server.pid) && lines[7]?.trim() === 'ready') return;
    await wait(10);
  }
  throw new Error(`it was not ready within ${START_DEADLINE_MS / 1000} s`);
}
