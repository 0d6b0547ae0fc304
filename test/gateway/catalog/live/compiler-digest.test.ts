import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { digestCompiler } from '../../../../gateway/catalog/live/compiler-digest.ts';

const PROJECT = {
  'package.json': JSON.stringify({
    version: '1.0.0',
    dependencies: { plain: '^1.0.0', '@scoped/one': '^2.0.0' },
  }),
  'README.md': 'Before.',
  'adapters/values/numerals.ts': 'export const numerals = 1;',
  'gateway/catalog/compile/compile.ts': 'export const compile = 1;',
  'node_modules/plain/package.json': JSON.stringify({
    name: 'plain',
    version: '1.0.0',
    dependencies: { deep: '*', circular: '*', absent: '*' },
  }),
  'node_modules/plain/node_modules/deep/package.json': JSON.stringify({ name: 'deep', version: '1.0.0' }),
  'node_modules/circular/package.json': JSON.stringify({ name: 'circular', dependencies: { plain: '*' } }),
  'node_modules/@scoped/one/package.json': JSON.stringify({ name: '@scoped/one', version: '2.0.0' }),
  'node_modules/not-named/package.json': JSON.stringify({ name: 'not-named', version: '1.0.0' }),
};

async function write(root: string, files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}

/** The digests of the same project before and after. */
async function digests(t: Test, changes: Record<string, string>) {
  const root = t.testdir();
  await write(root, PROJECT);
  const before = await digestCompiler(root);
  await write(root, changes);
  return [before, await digestCompiler(root)];
}

for (const [what, changes] of [
  ['code of the gateway', { 'gateway/catalog/compile/compile.ts': 'export const compile = 2;' }],
  ['code deep in a directory', { 'gateway/catalog/diff/diff.ts': 'export const diff = 1;' }],
  ['a rule of values', { 'adapters/values/numerals.ts': 'export const numerals = 2;' }],
  ['a package', { 'node_modules/plain/package.json': JSON.stringify({ name: 'plain', version: '1.0.1' }) }],
  [
    'a package with a scope',
    { 'node_modules/@scoped/one/package.json': JSON.stringify({ name: '@scoped/one', version: '2.0.1' }) },
  ],
  [
    'a package that a package needs',
    {
      'node_modules/plain/node_modules/deep/package.json': JSON.stringify({ name: 'deep', version: '1.0.1' }),
    },
  ],
  ['the lock file', { 'package-lock.json': '{ "lockfileVersion": 3 }' }],
  ['what npm has installed', { 'node_modules/.package-lock.json': '{ "lockfileVersion": 3 }' }],
  ['the project', { 'package.json': PROJECT['package.json'].replace('1.0.0', '1.0.1') }],
] as const) {
  t.test(`another digest: ${what} changed`, async (t) => {
    const [before, after] = await digests(t, changes);
    t.match(before, /^[0-9a-f]{64}$/);
    t.not(after, before);
  });
}

t.test('the same digest: what compiles nothing changed', async (t) => {
  const [before, after] = await digests(t, {
    'README.md': 'After.',
    'node_modules/not-named/package.json': JSON.stringify({ name: 'not-named', version: '1.0.1' }),
  });
  t.equal(after, before);
});

t.test('another digest: another Node', async (t) => {
  const root = t.testdir();
  await write(root, PROJECT);
  t.not(await digestCompiler(root, 'v26.0.1'), await digestCompiler(root, 'v26.0.0'));
});

t.test('by itself, of this very project', async (t) => {
  t.equal(
    await digestCompiler(),
    await digestCompiler(join(import.meta.dirname, '../../../..'), process.version),
  );
});
