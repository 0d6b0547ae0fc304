import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ProcessOptions {
  cwd?: string;
  /** The child's whole environment, but for PATH and HOME, which it always gets. */
  env?: Readonly<Record<string, string>>;
  /** Ctrl-C's reach: with true the child leads a process group, and `interrupt()` signals all of it. */
  ownGroup?: boolean;
  /** As whom it runs, where that is not ourselves. */
  account?: { readonly uid: number; readonly gid: number };
}

/** A child process under test: what it printed, how it ended. */
export interface TestProcess {
  readonly pid: number;
  /** Everything it has printed so far, both streams, in order of arrival. */
  readonly output: string;
  readonly ended: Promise<Ended>;
  /**
   * The match of the first line that matches, printed already or yet to come. Rejects, with the output, when
   * the process ends without it or after `deadlineMs` (30,000).
   */
  line(pattern: RegExp, deadlineMs?: number): Promise<RegExpMatchArray>;
  /** Sends a signal and waits for the end. Rejects, and kills, when it takes longer than 90 s. */
  end(signal?: NodeJS.Signals): Promise<Ended>;
  /** Sends SIGINT to its whole group, as a terminal does on Ctrl-C, and waits for the end as `end` does. */
  interrupt(): Promise<Ended>;
}

/** Longer than anything takes to drain. */
const END_WITHIN_MS = 90_000;

function killGroup(group: number): void {
  try {
    process.kill(group, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

/** Starts `command`; whatever becomes of the test, it has ended when the test has. */
export function startProcess(
  test: Pick<Test, 'teardown'>,
  command: string,
  args: readonly string[],
  { cwd, env = {}, ownGroup = false, account }: ProcessOptions = {},
): TestProcess {
  const child = spawn(command, args, {
    ...account,
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    detached: ownGroup,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = outcome(child);
  ended.catch(() => {}); // a failed start rejects the promise of the waiting test
  const lines = new Lines(child);

  const end = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return soon(signal);
  };
  test.teardown(async () => {
    // A failed start rejects the promise of the waiting test.
    if (child.pid !== undefined) await end('SIGKILL');
  });

  /** The end, or what hangs: a process that goes on, or one that it started and that holds its output open. */
  async function soon(signal: NodeJS.Signals): Promise<Ended> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const still =
        child.exitCode === null && child.signalCode === null ? 'it runs' : 'its output is held open';
      const group = ownGroup && child.pid !== undefined ? -child.pid : undefined;
      if (group !== undefined) killGroup(group);
      else child.kill('SIGKILL');
      late.reject(
        new Error(
          `${command}: ${still} ${END_WITHIN_MS / 1000} s after ${signal}. It printed:\n${lines.text}`,
        ),
      );
    }, END_WITHIN_MS);
    try {
      return await Promise.race([ended, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    get pid() {
      if (child.pid === undefined) throw new Error(`${command} could not be started`);
      return child.pid;
    },
    get output() {
      return lines.text;
    },
    ended,
    line: (pattern, deadlineMs = 30_000) => lines.first(pattern, deadlineMs, ended),
    end,
    interrupt() {
      if (!ownGroup) throw new Error('interrupt() needs a process group: start it with ownGroup');
      process.kill(-this.pid, 'SIGINT');
      return soon('SIGINT');
    },
  };
}

/**
 * {@link startProcess} with the Node that runs the tests.
 *
 * tap puts a module of its own into the `NODE_OPTIONS` of every child, which the permission model refuses; `env`, which
 * becomes the process that it starts, takes it out again.
 */
export function startNode(
  test: Pick<Test, 'teardown'>,
  args: readonly string[],
  options: ProcessOptions = {},
): TestProcess {
  const nodeOptions = options.env?.NODE_OPTIONS ?? '';
  return startProcess(test, 'env', [`NODE_OPTIONS=${nodeOptions}`, process.execPath, ...args], options);
}

async function outcome(child: ChildProcess): Promise<Ended> {
  // `close`, not `exit`: by then everything it printed has arrived
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal };
}

class Lines {
  readonly #printed: string[] = [];
  readonly #waiting = new Set<(line: string) => void>();

  constructor(child: ChildProcess) {
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.#printed.push(line);
        for (const look of this.#waiting) look(line);
      });
    }
  }

  get text(): string {
    return this.#printed.join('\n');
  }

  async first(pattern: RegExp, deadlineMs: number, ended: Promise<Ended>): Promise<RegExpMatchArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpMatchArray>();
    const look = (line: string) => {
      const match = line.match(pattern);
      if (match) resolve(match);
    };
    const giveUp = (why: string) => reject(new Error(`${why} before it printed ${pattern}:\n${this.text}`));
    const timer = setTimeout(() => giveUp(`${deadlineMs} ms passed`), deadlineMs);
    this.#waiting.add(look);
    this.#printed.forEach(look);
    ended.then(
      ({ code, signal }) => giveUp(`it ended (${signal ?? code})`),
      (error: Error) => giveUp(error.message),
    );
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }
}
