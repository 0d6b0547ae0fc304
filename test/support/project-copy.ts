/** A copy of this project that a test may add to, with the packages of this one. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

const ROOT = join(import.meta.dirname, '..', '..');
/** The files and directories of a gateway under test. */
const COPIED = ['adapters', 'contracts', 'deploy', 'gateway', 'schemas', 'test/support', 'package.json'];

/** Text of a file → the text to put there; a missing file is empty. */
type Edits = Readonly<Record<string, (text: string) => string>>;

/**
 * @param paths of the project, to copy
 * @returns the directory of the copy, which is removed when `test` ends
 */
export async function copyProject(
  test: Pick<Test, 'teardown'>,
  edits: Edits = {},
  paths: readonly string[] = COPIED,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-project-'));
  test.teardown(() => rm(directory, { recursive: true, force: true }));
  for (const path of paths) await cp(join(ROOT, path), join(directory, path), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  for (const [path, change] of Object.entries(edits)) {
    const file = join(directory, path);
    const before = await readFile(file, 'utf8').catch(() => '');
    const after = change(before);
    if (after === before) throw new Error(`this edit of ${path} changes nothing`);
    await writeFile(file, after);
  }
  return directory;
}
