/** Replicas of the gateway, as production runs them (`lienthong start`), to be killed, stopped and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../../deploy/sandbox/processes/free-port.ts';
import { terminate } from '../../../deploy/sandbox/processes/terminate.ts';
import { watchdog } from '../../../deploy/sandbox/processes/watchdog.ts';

const COMMAND = join(import.meta.dirname, '..', '..', '..', 'gateway', 'lienthong.js');
const START_DEADLINE = 60_000;

export interface Replica {
  readonly name: string;
  readonly port: number;
  /** Resolves when it is ready. @throws Error with the end of its log when it does not become so */
  start(): Promise<void>;
  /** As a crash ends it. */
  kill(): Promise<void>;
  /** It stands still where it is, until `goOn()`. */
  pause(): void;
  goOn(): void;
  /** Does it say that it leads the relay? `undefined`: it does not answer. */
  leads(): Promise<boolean | undefined>;
  /** Bytes of resident memory; `undefined` while it is down. */
  memory(): Promise<number | undefined>;
  /** Warnings and errors of its log, the last ones. */
  complaints(most: number): Promise<string[]>;
  stop(): Promise<void>;
}

/**
 * @param directory for its log
 * @param environment all but its ports
 */
export async function makeReplica(
  name: string,
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<Replica> {
  const port = await freePort();
  const operationsPort = await freePort();
  const logFile = join(directory, `${name}.log`);
  const operations = (path: string, ms: number) =>
    fetch(`http://127.0.0.1:${operationsPort}${path}`, { signal: AbortSignal.timeout(ms) });
  let child: ChildProcess | undefined;

  async function complaints(most: number): Promise<string[]> {
    const lines = (await readFile(logFile, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    const serious = lines.filter((line) => !/"level":"?(debug|info|trace|[123]0)"?/.test(line));
    return serious.slice(-most).map((line) => line.slice(0, 600));
  }

  async function untilReady(started: ChildProcess): Promise<void> {
    const deadline = Date.now() + START_DEADLINE;
    while (Date.now() < deadline && started.exitCode === null && started.signalCode === null) {
      const answer = await operations('/health/ready', 1000).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok) return;
      await wait(100);
    }
    throw new Error(`${name} did not become ready:\n${(await complaints(20)).join('\n')}`);
  }

  return {
    name,
    port,
    async start() {
      const log = await open(logFile, 'a');
      try {
        // tap puts a module of its own into every child's NODE_OPTIONS, which the permission model refuses; `env`, which
        // becomes the replica, takes it out again.
        const options = `NODE_OPTIONS=${environment.NODE_OPTIONS ?? ''}`;
        child = spawn('env', [options, process.execPath, COMMAND, 'start'], {
          detached: true, // Ctrl-C is for this process, which then ends the replica
          stdio: ['ignore', log.fd, log.fd],
          env: {
            PATH: process.env.PATH,
            ...environment,
            PORT: String(port),
            OPERATIONS_PORT: String(operationsPort),
          },
        });
        await once(child, 'spawn');
      } finally {
        await log.close();
      }
      child.once('exit', watchdog({ pid: child.pid!, signal: 'TERM' }));
      await untilReady(child);
    },
    async kill() {
      if (child) await terminate(child, 'SIGKILL');
    },
    pause: () => void child?.kill('SIGSTOP'),
    goOn: () => void child?.kill('SIGCONT'),
    async leads() {
      const answer = await operations('/metrics', 500).catch(() => undefined);
      const text = await answer?.text().catch(() => undefined);
      return text === undefined ? undefined : /^lienthong_relay_leader(\{[^}]*\})? 1$/m.test(text);
    },
    async memory() {
      const status = await readFile(`/proc/${child?.pid}/status`, 'utf8').catch(() => '');
      const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
      return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
    },
    complaints,
    async stop() {
      if (!child) return;
      child.kill('SIGCONT');
      await terminate(child, 'SIGTERM', { graceMs: 5000 });
    },
  };
}
