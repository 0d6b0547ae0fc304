/** What a catalogue is compiled by, as a digest. */
import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { join } from 'node:path';

/** The project's own code. */
const DIRECTORIES = ['gateway', 'adapters'];

/**
 * Of Node (V8 runs the patterns), of the project's code and of each package that it names. Another compiler may find
 * other mistakes, or give other defaults; and a schema that was kept is compiled when it is first needed, so it must be by
 * the compiler that found it sound. All code rather than what compiles: no list can then be forgotten.
 *
 * @param root the directory of the project's `package.json`
 * @param node the version of Node
 * @returns SHA-256, hexadecimal
 */
export async function digestCompiler(
  root = join(import.meta.dirname, '../../..'),
  node = process.version,
): Promise<string> {
  const manifest = join(root, 'package.json');
  const { dependencies } = JSON.parse(await readFile(manifest, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const packages = Object.keys(dependencies).map((name) => findPackageJSON(name, manifest)!);
  const sources = await Promise.all(DIRECTORIES.map((name) => listSources(join(root, name))));
  const paths = [manifest, ...packages, ...sources.flat()];
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
  return hash('sha256', JSON.stringify([node, ...texts]));
}

async function listSources(directory: string): Promise<string[]> {
  const names = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.ts'));
  return names.sort().map((name) => join(directory, name));
}
