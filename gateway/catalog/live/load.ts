/** Reads the catalogue's directories: the only source of contracts, agreements and agencies. */
import { join } from 'node:path';
import type { Offers } from '../../../adapters/offers.ts';
import type { Catalog } from '../catalog.ts';
import { createCompiler, type Sources } from '../compile/compile.ts';
import { directoriesIn, readDirectory } from '../read/directory.ts';

export interface CatalogDirectories {
  readonly contractsDir: string;
  readonly schemasDir: string;
  /** `<client id>.jwks.json` of systems whose agency file names no keys. */
  readonly clientKeysDir?: string | undefined;
}

/**
 * @param offers the operations of each registry's adapter; without them, contracts are not checked against adapters
 * @throws CatalogError with every error of every file, or when a directory cannot be read
 */
export async function loadCatalog(directories: CatalogDirectories, offers?: Offers): Promise<Catalog> {
  return createCompiler(offers).compile(await readSources(directories));
}

const kinds = ['services', 'agencies', 'agreements', 'issuers'] as const;

/** Directories with the catalogue's files, for a watcher. */
export function directoriesOf({ contractsDir, schemasDir, clientKeysDir }: CatalogDirectories): string[] {
  return [
    schemasDir,
    join(schemasDir, 'catalog'),
    contractsDir,
    ...kinds.map((kind) => join(contractsDir, kind)),
    ...(clientKeysDir ? [clientKeysDir] : []),
  ];
}

/** @throws CatalogError when a directory cannot be read */
export async function readSources(directories: CatalogDirectories): Promise<Sources> {
  const { contractsDir, schemasDir, clientKeysDir } = directories;
  const contracts = (name: string, optional = false) =>
    readDirectory({ path: join(contractsDir, name), name, suffix: '.yaml', optional });
  const [top, schemas, shapes, translations, services, agencies, agreements, issuers, clientKeys] =
    await Promise.all([
      readDirectory({ path: contractsDir, name: '', directories: kinds }),
      // The directory also holds the programs that generate types from the schemas.
      readDirectory({
        path: schemasDir,
        name: 'schemas',
        suffix: '.schema.json',
        directories: ['catalog', 'vietnamese'],
        beside: '.ts',
      }),
      readDirectory({ path: join(schemasDir, 'catalog'), name: 'schemas/catalog', suffix: '.schema.json' }),
      readDirectory({
        path: join(schemasDir, 'vietnamese'),
        name: 'schemas/vietnamese',
        suffix: '.json',
        optional: true,
      }),
      contracts('services'),
      contracts('agencies'),
      contracts('agreements'),
      // Most deployments trust no external issuer, and have no such directory.
      contracts('issuers', true),
      readClientKeys(clientKeysDir),
    ]);
  return {
    schemas: schemas.files,
    shapes: shapes.files,
    translations: translations.files,
    services: services.files,
    agencies: agencies.files,
    agreements: agreements.files,
    issuers: issuers.files,
    clientKeys: clientKeys.files,
    strays: [top, schemas, shapes, translations, services, agencies, agreements, issuers, clientKeys].flatMap(
      ({ strays }) => strays,
    ),
  };
}

/**
 * Reads key sets, also those in directories below: no system uses these, but a missing set may have been moved there by
 * mistake (`catalog/compile/parties.ts`).
 */
async function readClientKeys(path: string | undefined): ReturnType<typeof readDirectory> {
  if (!path) return { files: [], strays: [] };
  const within = (place: string, name: string) =>
    readDirectory({ path: place, name, suffix: '.jwks.json', shared: true });
  const { files, strays } = await within(path, 'client-keys');
  const beside = await Promise.all(
    (await directoriesIn(path)).map((name) =>
      // The gateway may have no permission for a directory of another owner.
      within(join(path, name), `client-keys/${name}`).catch(() => ({ files: [] })),
    ),
  );
  return { files: [...files, ...beside.flatMap(({ files: moved }) => moved)], strays };
}
