/** Reads the catalogue's directories. Everything that the gateway knows of contracts comes through here. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Offers } from '../../adapters/offers.ts';
import type { Catalog } from './catalog.ts';
import { CatalogError, createCompiler, type Sources } from './compile.ts';
import { readSource, type SourceFile } from './document.ts';
import { inBatches } from './in-batches.ts';

export interface CatalogDirectories {
  readonly contractsDir: string;
  readonly schemasDir: string;
  /** `<client id>.jwks.json` of systems whose agency file names no keys. */
  readonly clientKeysDir?: string | undefined;
}

/**
 * @param offers what each registry's adapter serves; without it, contracts are not held against adapters
 * @throws CatalogError with every error of every file, or when a directory cannot be read
 */
export async function loadCatalog(directories: CatalogDirectories, offers?: Offers): Promise<Catalog> {
  return createCompiler(offers).compile(await readSources(directories));
}

/** Directories whose files make the catalogue: what a watcher looks at. */
export function directoriesOf({ contractsDir, schemasDir, clientKeysDir }: CatalogDirectories): string[] {
  return [
    schemasDir,
    join(schemasDir, 'catalog'),
    ...['services', 'agencies', 'agreements', 'issuers'].map((kind) => join(contractsDir, kind)),
    ...(clientKeysDir ? [clientKeysDir] : []),
  ];
}

/** @throws CatalogError when a directory cannot be read */
export async function readSources(directories: CatalogDirectories): Promise<Sources> {
  const { contractsDir, schemasDir, clientKeysDir } = directories;
  const [schemas, shapes, services, agencies, agreements, issuers, clientKeys] = await Promise.all([
    readAll(schemasDir, 'schemas', '.schema.json'),
    readAll(join(schemasDir, 'catalog'), 'schemas/catalog', '.schema.json'),
    readAll(join(contractsDir, 'services'), 'services', '.yaml'),
    readAll(join(contractsDir, 'agencies'), 'agencies', '.yaml'),
    readAll(join(contractsDir, 'agreements'), 'agreements', '.yaml'),
    // Most deployments trust nobody else, and have no such directory.
    readAll(join(contractsDir, 'issuers'), 'issuers', '.yaml', { optional: true }),
    clientKeysDir ? readAll(clientKeysDir, 'client-keys', '.jwks.json') : [],
  ]);
  return { schemas, shapes, services, agencies, agreements, issuers, clientKeys };
}

async function readAll(
  directory: string,
  name: string,
  suffix: string,
  { optional = false } = {},
): Promise<SourceFile[]> {
  let files: string[];
  try {
    files = await readdir(directory);
  } catch (error) {
    if (optional && error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new CatalogError([{ file: name, line: 1, message: `directory ${directory} cannot be read` }]);
  }
  const wanted = files.filter((file) => file.endsWith(suffix)).sort();
  return inBatches(wanted, (file) => readSource(join(directory, file), `${name}/${file}`));
}
