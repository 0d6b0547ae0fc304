import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { makeDirectory } from '../../../gateway/runtime/make-directory.ts';
import { startNode } from '../../support/process.ts';

const COMMAND = join(import.meta.dirname, '..', '..', '..', 'gateway', 'lienthong.js');

t.test('it is made with what is missing above it, once or again', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'lienthong-directory-'));
  t.teardown(() => rm(root, { recursive: true }));
  const deep = join(root, 'a', 'b', 'c');
  for (const time of ['first', 'again']) {
    makeDirectory(deep, 0o700);
    t.equal((await stat(join(root, 'a'))).mode & 0o777, 0o700, time);
    t.ok((await stat(deep)).isDirectory(), time);
  }
  makeDirectory('/');

  await writeFile(join(root, 'file'), '');
  await symlink(join(root, 'nowhere'), join(root, 'link'));
  t.throws(() => makeDirectory(join(root, 'file')), { code: 'EEXIST' });
  t.throws(() => makeDirectory(join(root, 'file', 'x')), { code: 'ENOTDIR' });
  t.throws(() => makeDirectory(join(root, 'link')), { code: 'EEXIST' });
});

t.test('a directory that cannot be made', { skip: process.platform !== 'linux' }, async (t) => {
  for (const path of ['/proc/lienthong', '/proc/lienthong/a/b']) {
    t.throws(() => makeDirectory(path), { code: 'ENOENT' }, path);
  }
  const sandbox = startNode(t, [COMMAND, 'sandbox', '--data-dir', '/proc/lienthong']);
  t.match(await sandbox.ended, { code: 2 });
  t.equal(
    sandbox.output.trim(),
    'lienthong sandbox: --data-dir: /proc/lienthong cannot be made (ENOENT)',
    'one line that names the option',
  );
});
