/** The directories of the catalogue's files, and the interval of the checks for changes. */
import { fileURLToPath } from 'node:url';
import { seconds, text } from '../../adapters/config/parsers.ts';
import type { Owner, Reader } from '../../adapters/config/variables.ts';

export const catalogue = {
  title: 'Catalogue',
  variables: [
    {
      name: 'CONTRACTS_DIR',
      default: undefined,
      about: 'directory with services/, agreements/, agencies/; default: the contracts of this package',
      parse: text,
    },
    {
      name: 'SCHEMAS_DIR',
      default: undefined,
      about: 'directory of *.schema.json; default: the schemas of this package',
      parse: text,
    },
    {
      name: 'CLIENT_KEYS_DIR',
      default: undefined,
      about: 'directory of <client id>.jwks.json: public keys of systems whose agency file names none',
      parse: text,
    },
    {
      name: 'CATALOGUE_CACHE_DIR',
      default: undefined,
      about:
        'directory of the gateway’s own where a sound catalogue is kept, so that the next start need not read and check thousands of files; default: none',
      writes: true,
      parse: text,
    },
    {
      name: 'CATALOGUE_POLL_SECONDS',
      default: '30',
      about:
        'how often to look whether files of the catalogue changed, where the file system does not report it; less often when there are thousands (at least once in five minutes)',
      parse: seconds(1, 3600),
    },
  ],
} as const satisfies Owner;

type Rows = typeof catalogue.variables;

export interface CatalogDirectories {
  readonly contractsDir: string;
  readonly schemasDir: string;
  readonly clientKeysDir: string | undefined;
}

export interface CatalogueConfig extends CatalogDirectories {
  /** The directory of the catalogue cache; `undefined`: there is no cache. */
  readonly catalogueCacheDir: string | undefined;
  /** Milliseconds between checks of the catalogue's files, in addition to the events of the file system. */
  readonly cataloguePollEvery: number;
}

export function readCatalogue(read: Reader<Rows>): CatalogueConfig {
  return {
    ...readDirectories(read),
    catalogueCacheDir: read.value('CATALOGUE_CACHE_DIR'),
    cataloguePollEvery: read.value('CATALOGUE_POLL_SECONDS'),
  };
}

/** Reads the directories alone, for commands that need nothing else of the configuration. */
export function readDirectories(read: Reader<Rows>): CatalogDirectories {
  return {
    contractsDir: read.value('CONTRACTS_DIR') ?? inPackage('contracts'),
    schemasDir: read.value('SCHEMAS_DIR') ?? inPackage('schemas'),
    clientKeysDir: read.value('CLIENT_KEYS_DIR'),
  };
}

function inPackage(directory: string): string {
  return fileURLToPath(new URL(`../../${directory}`, import.meta.url));
}
