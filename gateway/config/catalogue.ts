/** Where the catalogue's files are, and how often to look at them. */
import { fileURLToPath } from 'node:url';
import type { Environment, NameOf, Reader, Variable } from './reader.ts';

export const catalogueVariables = [
  {
    name: 'CONTRACTS_DIR',
    default: undefined,
    about: 'directory with services/, agreements/, agencies/; default: the contracts of this package',
  },
  {
    name: 'SCHEMAS_DIR',
    default: undefined,
    about: 'directory of *.schema.json; default: the schemas of this package',
  },
  {
    name: 'CLIENT_KEYS_DIR',
    default: undefined,
    about: 'directory of <client id>.jwks.json: public keys of systems whose agency file names none',
  },
  {
    name: 'CATALOGUE_CACHE_DIR',
    default: undefined,
    about:
      'directory of the gateway’s own where a sound catalogue is kept, so that the next start need not read and check thousands of files; default: none',
  },
  {
    name: 'CATALOGUE_POLL_SECONDS',
    default: '30',
    about:
      'how often to look whether files of the catalogue changed, where the file system does not report it; less often when there are thousands (at least once in five minutes)',
  },
] as const satisfies readonly Variable[];

export interface CatalogDirectories {
  readonly contractsDir: string;
  readonly schemasDir: string;
  readonly clientKeysDir: string | undefined;
}

export interface CatalogueConfig extends CatalogDirectories {
  /** Where sound catalogues are kept for the next start; `undefined`: nowhere. */
  readonly catalogueCacheDir: string | undefined;
  /** Milliseconds between looks at the catalogue's files, beside what the file system tells. */
  readonly cataloguePollEvery: number;
}

export function readCatalogue(
  read: Reader<NameOf<typeof catalogueVariables>>,
  environment: Environment,
): CatalogueConfig {
  return {
    ...directoriesIn(environment),
    catalogueCacheDir: read.text('CATALOGUE_CACHE_DIR'),
    cataloguePollEvery: read.integer('CATALOGUE_POLL_SECONDS', 1, 3600) * 1000,
  };
}

export function directoriesIn(environment: Environment): CatalogDirectories {
  return {
    contractsDir: environment.CONTRACTS_DIR || inPackage('contracts'),
    schemasDir: environment.SCHEMAS_DIR || inPackage('schemas'),
    clientKeysDir: environment.CLIENT_KEYS_DIR || undefined,
  };
}

function inPackage(directory: string): string {
  return fileURLToPath(new URL(`../../${directory}`, import.meta.url));
}
