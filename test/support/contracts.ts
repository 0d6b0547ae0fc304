/** Copies of this package's contracts and schemas that a test may edit. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type CatalogDirectories, loadCatalog } from '../../gateway/catalog/live/load.ts';
import { CatalogError } from '../../gateway/catalog/read/catalog-error.ts';
import type { Finding } from '../../gateway/catalog/read/document.ts';

const root = new URL('../../', import.meta.url).pathname;

/** The package's own, not to be edited. */
export const packageDirectories = {
  contractsDir: join(root, 'contracts'),
  schemasDir: join(root, 'schemas'),
};

/** Text of a file (`contracts/agreements/x.yaml`) → the text to put there; a missing file is empty. */
export type Edits = Readonly<Record<string, (text: string) => string>>;

export interface ContractsCopy {
  readonly directory: string;
  readonly contractsDir: string;
  readonly schemasDir: string;
  edit(edits: Edits): Promise<void>;
}

/** A copy, removed when `test` ends. */
export async function copyContracts(test: Pick<Test, 'teardown'>, edits: Edits = {}): Promise<ContractsCopy> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-contracts-'));
  test.teardown(() => rm(directory, { recursive: true, force: true }));
  const [contractsDir, schemasDir] = [join(directory, 'contracts'), join(directory, 'schemas')];
  await cp(packageDirectories.contractsDir, contractsDir, { recursive: true });
  await cp(packageDirectories.schemasDir, schemasDir, { recursive: true });
  const edit = async (more: Edits) => {
    for (const [path, change] of Object.entries(more)) {
      const file = join(directory, path);
      const before = await readFile(file, 'utf8').catch(() => '');
      const after = change(before);
      if (after === before) throw new Error(`this edit of ${path} changes nothing`);
      await writeFile(file, after);
    }
  };
  await edit(edits);
  return { directory, contractsDir, schemasDir, edit };
}

/** The errors of a catalogue; empty when it loads. */
export async function findingsIn(directories: CatalogDirectories): Promise<readonly Finding[]> {
  try {
    await loadCatalog(directories);
    return [];
  } catch (error) {
    if (error instanceof CatalogError) return error.findings;
    throw error;
  }
}
