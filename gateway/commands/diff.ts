/** `lienthong diff OLD NEW`: which agencies gain or lose permissions, and which changes break callers. For reviews and CI. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Catalog } from '../catalog/catalog.ts';
import { compareCatalogs, renderDiff } from '../catalog/diff/diff.ts';
import { type CatalogDirectories, loadCatalog } from '../catalog/live/load.ts';
import { CatalogError } from '../catalog/read/catalog-error.ts';
import { catalogDirectories } from '../config/config.ts';
import { type Command, CommandError } from './terminal/command.ts';
import { readOptions } from './terminal/options.ts';

export const command: Command = {
  usage: `lienthong diff OLD NEW [--schemas DIR] [--json]
       OLD and NEW are directories with services/, agreements/ and agencies/, or with contracts/ that has them.
       Schemas are those beside them (OLD/schemas), else of --schemas, else of this package.
       The exit status is 0 when nothing breaks, 1 when something breaks callers or somebody loses something.`,
  async run(args) {
    const { values, positionals } = readOptions({
      args,
      allowPositionals: true,
      options: { schemas: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const [old, now, ...rest] = positionals;
    if (!old || !now || rest.length > 0)
      throw new CommandError('name two directories: lienthong diff OLD NEW');
    const schemas = values.schemas;
    const [before, after] = [await load('OLD', old, schemas), await load('NEW', now, schemas)];
    const diff = compareCatalogs(before, after);
    console.log(values.json ? JSON.stringify(diff, null, 2) : renderDiff(diff));
    return diff.breaks ? 1 : 0;
  },
};

async function load(name: string, directory: string, schemas: string | undefined): Promise<Catalog> {
  try {
    return await loadCatalog(directoriesIn(directory, schemas));
  } catch (error) {
    if (error instanceof CatalogError) throw new CommandError(`${name} (${directory}): ${error.message}`);
    throw error;
  }
}

/** Systems' keys do not matter here. */
function directoriesIn(directory: string, schemas: string | undefined): CatalogDirectories {
  const nested = join(directory, 'contracts');
  const contractsDir = existsSync(nested) ? nested : directory;
  const beside = [join(contractsDir, 'schemas'), join(dirname(contractsDir), 'schemas')];
  const schemasDir = beside.find((path) => existsSync(join(path, 'catalog'))) ?? schemas;
  return { contractsDir, schemasDir: schemasDir ?? catalogDirectories().schemasDir };
}
