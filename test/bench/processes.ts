/** Processes that the benchmark starts: each in its place, and none that outlives it. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { terminate } from '../../deploy/sandbox/processes/terminate.ts';
import { watchdog } from '../../deploy/sandbox/processes/watchdog.ts';
import { type Place, placed } from './machine.ts';

export interface Launch {
  readonly place: Place;
  readonly stdio: StdioOptions;
  readonly env?: Readonly<Record<string, string>>;
}

/** A running process. `stop` ends it in good order and may be called twice. */
export interface Launched {
  readonly child: ChildProcess;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a command, and sees to it that it ends when this process does, however that ends. */
export async function launch(command: string, args: readonly string[], options: Launch): Promise<Launched> {
  const { place, stdio, env } = options;
  const [file, all] = placed(place, command, args);
  const child = spawn(file, all, {
    stdio,
    serialization: 'advanced',
    // A group of its own: Ctrl-C reaches the benchmark, which then ends everybody in order.
    detached: true,
    ...(env && { env: { PATH: process.env.PATH ?? '', ...env } }),
  });
  await once(child, 'spawn');
  const pid = child.pid!;
  child.once('exit', watchdog({ pid, signal: 'TERM' }));
  return { child, pid, stop: () => terminate(child, 'SIGTERM') };
}

/** A Node process of ours that does one job after the other; the other side is {@link serve}. */
export interface Worker<Job, Result> {
  readonly pid: number;
  /** @throws Error when the job failed or the process has ended */
  run(job: Job): Promise<Result>;
  stop(): Promise<void>;
}

type Reply<Result> = { readonly result: Result } | { readonly error: string };

/** @param file a module that calls {@link serve} */
export async function startWorker<Job extends object, Result>(
  file: string,
  place: Place,
): Promise<Worker<Job, Result>> {
  const { child, pid, stop } = await launch(
    process.execPath,
    ['--disable-warning=TimeoutNegativeWarning', file],
    {
      place,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  return {
    pid,
    stop,
    run(job) {
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      const onEnd = () => reject(new Error(`${file} ended while it was at work`));
      child.once('exit', onEnd);
      child.once('message', (reply: Reply<Result>) => {
        child.off('exit', onEnd);
        if ('error' in reply) reject(new Error(reply.error));
        else resolve(reply.result);
      });
      child.send(job);
      return promise;
    },
  };
}

/** In a worker: does each job as it comes, and ends when nobody is left to ask for one. */
export function serve<Job extends object, Result>(work: (job: Job) => Promise<Result>): void {
  process.once('disconnect', () => process.exit());
  process.on('message', (job: Job) => {
    const send = (reply: Reply<Result>) => process.send?.(reply);
    work(job).then(
      (result) => send({ result }),
      (error: unknown) =>
        send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
}

/** Waits until an address answers with 2xx. @throws Error when the process ends first, or after 90 s */
export async function untilAnswers(url: string, { child }: Launched): Promise<void> {
  const deadline = Date.now() + 90_000;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await wait(50);
  }
  throw new Error(`nobody answers at ${url}`);
}
