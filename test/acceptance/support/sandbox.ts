/** A sandbox of the test's own, started as a newcomer starts it and spoken to as an agency speaks to it. */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Test } from 'tap';
import { freePort } from '../../../deploy/sandbox/processes/free-port.ts';
import { startProcess, type TestProcess } from '../../support/process.ts';
import type { Answer } from './answer.ts';
import { createCaller, type Question } from './call.ts';

/** Where the commands are typed: the checkout. */
export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** A newcomer's PATH: without the Node that npm puts in front for its scripts. */
const PATH = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((directory) => !directory.includes('node_modules'))
  .join(delimiter);

const READY_DEADLINE_MS = 120_000;

export interface SandboxOptions {
  /** Left out: a directory that is removed when the test ends. */
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds between two changes of the providers. */
  readonly trickle?: number;
  /** The ports of an earlier one. */
  readonly ports?: { readonly agencies: number; readonly operators: number };
}

export interface PrivateJwk {
  readonly kty: string;
  readonly kid: string;
  readonly alg: string;
  readonly d: string;
}

export interface Sandbox {
  readonly url: string;
  readonly operationsUrl: string;
  readonly dataDir: string;
  readonly ports: { readonly agencies: number; readonly operators: number };
  readonly process: TestProcess;
  /** One call, as a system of the sandbox. Throws when the answer is not as /openapi.json says. */
  call(question: Question): Promise<Answer>;
  /** An access token, got by the command `lienthong token`; one that was got before when it serves. */
  token(system: string): Promise<string>;
  /** The private key of a system, a JWK. */
  privateKey(system: string): Promise<PrivateJwk>;
}

type Hooks = Pick<Test, 'teardown'>;

/** `npm start` on ports of its own; resolves when it says that it is ready. */
export async function startSandbox(test: Hooks, options: SandboxOptions = {}): Promise<Sandbox> {
  const { env, trickle = 5 } = options;
  const dataDir = options.dataDir ?? (await temporaryDirectory(test));
  const ports = options.ports ?? (await twoPorts());
  const process = npmStart(test, { dataDir, ports, trickle, env });
  let hasEnded = false;
  void process.ended.then(() => {
    hasEnded = true;
  });
  // Registered after the process's own teardown, so run before it: the sandbox ends by itself, not by SIGKILL.
  test.teardown(() => (hasEnded ? undefined : process.interrupt()));
  await process.line(/Ctrl-C stops everything/, READY_DEADLINE_MS);

  const url = `http://127.0.0.1:${ports.agencies}`;
  const keyFile = (system: string) => join(dataDir, 'keys', `${system}.jwk.json`);
  const tokens = new Map<string, Promise<string>>();
  const askForToken = async (system: string) => {
    const { code, output } = await lienthong(test, [
      'token',
      '--system',
      system,
      '--url',
      url,
      '--key',
      keyFile(system),
    ]);
    if (code !== 0) throw new Error(`lienthong token ended with ${code}: ${output}`);
    return output.trim();
  };
  const token = (system: string) => {
    const asked = tokens.get(system) ?? askForToken(system);
    tokens.set(system, asked);
    return asked;
  };
  return {
    url,
    operationsUrl: `http://127.0.0.1:${ports.operators}`,
    dataDir,
    ports,
    process,
    token,
    call: createCaller(url, token),
    privateKey: async (system) => JSON.parse(await readFile(keyFile(system), 'utf8')),
  };
}

/** `npm start`, whether or not it comes to run. It leads a process group, as in a terminal. */
export function npmStart(
  test: Hooks,
  options: Required<Pick<SandboxOptions, 'dataDir' | 'ports'>> & Pick<SandboxOptions, 'trickle' | 'env'>,
): TestProcess {
  const { dataDir, ports, trickle = 5, env } = options;
  const registries = ['population', 'business', 'land'].flatMap((name) => [`--${name}-port`, '0']);
  return startProcess(
    test,
    'npm',
    ['start', '--silent', '--', '--data-dir', dataDir, '--trickle', String(trickle), ...registries],
    {
      cwd: ROOT,
      ownGroup: true,
      env: { PATH, PORT: String(ports.agencies), OPERATIONS_PORT: String(ports.operators), ...env },
    },
  );
}

/** A command line, in a shell, where the commands of the README are typed. */
export async function shell(
  test: Hooks,
  line: string,
  env?: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  const process = startProcess(test, '/bin/sh', ['-c', line], { cwd: ROOT, env: { PATH, ...env } });
  const { code } = await process.ended;
  return { code, output: process.output };
}

/** The command `lienthong`. */
export async function lienthong(
  test: Hooks,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  // tap puts a module of its own into the NODE_OPTIONS of every child, which the permission model of `start` refuses.
  const process = startProcess(
    test,
    'env',
    ['NODE_OPTIONS=', join(ROOT, 'gateway', 'lienthong.js'), ...args],
    {
      cwd: ROOT,
      env: { PATH, ...env },
    },
  );
  const { code } = await process.ended;
  return { code, output: process.output };
}

/** Removed when the test ends. */
export async function temporaryDirectory(test: Hooks): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-acceptance-'));
  // Where PostgreSQL's account cannot enter, its data would lie elsewhere, and stay.
  await chmod(directory, 0o755);
  test.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function twoPorts(): Promise<{ agencies: number; operators: number }> {
  return { agencies: await freePort(), operators: await freePort() };
}
