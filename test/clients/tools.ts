/**
 * Generators of clients, and what their clients are compiled with, each in the version that its folder here pins. They are
 * fetched once, into data/clients; .ci/run does so before the tests (`node test/clients/install.ts`).
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fetchOnce } from '../../deploy/sandbox/fetch-once.ts';
import { run } from './run.ts';

const HERE = import.meta.dirname;
const CACHE = join(HERE, '..', '..', 'data', 'clients');

/** @returns a directory with `node_modules`: openapi-typescript, openapi-fetch, modelina and a TypeScript that they know */
export async function npmPackages(): Promise<string> {
  const files = ['package.json', 'package-lock.json'].map((name) => join(HERE, 'typescript', name));
  return fetchOnce(join(CACHE, 'npm'), files, async (to) => {
    await mkdir(to);
    for (const file of files) await copyFile(file, join(to, file.split('/').at(-1)!));
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: to });
  });
}

/** @returns a Python that has openapi-python-client, what its clients import, and mypy */
export const python = (): Promise<string> => pythonWith(join(HERE, 'python', 'requirements.txt'));

/** @param requirements a file as pip reads it, every package with its version */
export async function pythonWith(requirements: string): Promise<string> {
  const environment = await fetchOnce(join(CACHE, 'python'), [requirements], async (to) => {
    await run('python3', ['-m', 'venv', to]);
    await run(join(to, 'bin', 'python'), [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements],
    ]);
  });
  return join(environment, 'bin', 'python');
}

/** @returns the environment in which Go finds oapi-codegen, and all that its clients need, without the network */
export const goEnvironment = (): Promise<Record<string, string>> =>
  goEnvironmentOf(join(HERE, 'go'), 'oapi-codegen');

/** @param module a folder with go.mod and go.sum; `tool` is one of its tools, which is built */
export async function goEnvironmentOf(module: string, tool?: string): Promise<Record<string, string>> {
  const files = ['go.mod', 'go.sum'].map((name) => join(module, name));
  const build = join(CACHE, 'go', 'build');
  const environment = (modules: string) => ({
    GOFLAGS: '-modcacherw',
    GOMODCACHE: modules,
    GOCACHE: build,
    GOTOOLCHAIN: 'local',
  });
  const modules = await fetchOnce(join(CACHE, 'go'), files, async (to) => {
    const go = (...args: string[]) => run('go', args, { cwd: module, env: environment(to) });
    await go('mod', 'download');
    if (tool) await go('tool', '-n', tool); // builds it
  });
  return { ...environment(modules), GOPROXY: 'off' };
}

export interface JavaJars {
  readonly generator: string;
  /** Of a client. */
  readonly classPath: string;
}

/** @returns the class path of what a pom needs at run time */
export async function classPathOf(pom: string): Promise<string> {
  const jars = await fetchOnce(join(CACHE, 'java'), [pom], (to) => copyJars(pom, 'runtime', to));
  return ['.', join(jars, '*')].join(delimiter);
}

async function copyJars(pom: string, scope: 'runtime' | 'provided', to: string): Promise<void> {
  await run('mvn', [
    ...['--batch-mode', '--quiet', '--file', pom, 'dependency:copy-dependencies', '-Dmdep.stripVersion=true'],
    ...[`-DincludeScope=${scope}`, `-DoutputDirectory=${to}`],
  ]);
}

export async function javaJars(): Promise<JavaJars> {
  const pom = join(HERE, 'java', 'pom.xml');
  const jars = await fetchOnce(join(CACHE, 'java'), [pom], async (to) => {
    for (const [scope, folder] of [
      ['runtime', 'lib'],
      ['provided', 'generator'],
    ] as const) {
      await copyJars(pom, scope, join(to, folder));
    }
  });
  return {
    generator: join(jars, 'generator', 'openapi-generator-cli.jar'),
    classPath: ['.', join(jars, 'lib', '*')].join(delimiter),
  };
}
