/** Digests the code that compiles a catalogue. */
import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { join } from 'node:path';

/** The project's own code. */
const DIRECTORIES = ['gateway', 'adapters'];

/**
 * Covers Node (V8 runs the patterns), the project's code, and each package that it needs, directly or not. Another compiler may
 * find other errors, or give other defaults; and a cached schema is compiled on first use, which must be by the compiler that
 * found it sound. The digest covers all code and not only the compiler's, so that no list of files can be incomplete.
 *
 * A package counts by its manifest, and by the lock files, which name each archive by its hash: the project's own, and the one
 * that npm writes beside the packages, which is the only one of an installed project.
 *
 * @param root the directory of the project's `package.json`
 * @param node the version of Node
 * @returns SHA-256, hexadecimal
 */
export async function digestCompiler(
  root = join(import.meta.dirname, '../../..'),
  node = process.version,
): Promise<string> {
  const manifests = await readManifests(join(root, 'package.json'));
  const locks = [join(root, 'package-lock.json'), ...locksBeside(manifests.keys())];
  const sources = await Promise.all(DIRECTORIES.map((name) => listSources(join(root, name))));
  const texts = await Promise.all([
    ...locks.map((path) => readFile(path, 'utf8').catch(() => '')),
    ...sources.flat().map((path) => readFile(path, 'utf8')),
  ]);
  return hash('sha256', JSON.stringify([node, ...manifests.values(), ...texts]));
}

/** The manifest and those of all packages that it needs, by path, in the order in which they are first needed. */
async function readManifests(path: string, read = new Map<string, string>()): Promise<Map<string, string>> {
  const text = await readFile(path, 'utf8');
  read.set(path, text);
  const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
  for (const name of Object.keys(dependencies)) {
    const needed = manifestOf(name, path);
    if (needed !== undefined && !read.has(needed)) await readManifests(needed, read);
  }
  return read;
}

/** @returns `undefined` for a package that is not installed: without an import of it the gateway starts all the same */
function manifestOf(name: string, from: string): string | undefined {
  try {
    return findPackageJSON(name, from);
  } catch {
    return undefined;
  }
}

/** The lock file of each `node_modules` of the packages. */
function locksBeside(manifests: Iterable<string>): Set<string> {
  const directories = [...manifests].flatMap((path) => /^.*?\/node_modules(?=\/)/.exec(path) ?? []);
  return new Set(directories.map((directory) => join(directory, '.package-lock.json')));
}

async function listSources(directory: string): Promise<string[]> {
  const names = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.ts'));
  return names.sort().map((name) => join(directory, name));
}
