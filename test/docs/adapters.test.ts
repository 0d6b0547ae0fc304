/** docs/adapters.md lists what a registry touches: no less than what those of this build do, and nothing that is not there. */
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { registries as built } from '../../gateway/registries.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const registries = built.map(({ name }): string => name);
const document = await readFile(join(ROOT, 'docs/adapters.md'), 'utf8');
const [, section = ''] = document.split('## What a new registry takes');
const listed = section
  .split('\n## ')[0]!
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) => [...line.split(' | ')[0]!.matchAll(/`([^`]+)`/g)].map(([, path]) => path!));

/** Where code, contracts and set-up are. Documents and tests of particular things name registries as examples. */
const searched = [
  '{adapters,contracts,deploy,gateway,schemas,test/support}/**/*.{ts,yaml,yml,json}',
  'Dockerfile',
];

t.test('every file that names all registries, or is one’s own, is on the list', async (t) => {
  t.ok(listed.length > 20);
  const patterns = listed.map(patternOf);
  const isListed = (file: string) => patterns.some((pattern) => pattern.test(file));
  const naming: string[] = [];
  let own = 0;
  for await (const file of glob(searched, { cwd: ROOT })) {
    const code = withoutComments(await readFile(join(ROOT, file), 'utf8'));
    const isOwn = registries.some(
      (registry) => file.includes(`/${registry}/`) || file.includes(`/${registry}.`),
    );
    if (!isOwn && !registries.every((registry) => nameOf(registry).test(code))) continue;
    isOwn ? own++ : naming.push(file);
    // What an adapter is made of beside its two files is its own affair.
    t.ok(isListed(file) || /^adapters\/\w+\//.test(file), file);
  }
  // Whatever else names all of them, the next registry would have to touch too.
  t.strictSame(naming.sort(), [
    'Dockerfile',
    'contracts/agreements/G12-thue-tax.yaml',
    'deploy/compose.yaml',
    'deploy/prometheus/rules.test.yml',
    'deploy/sandbox/registries/registries.ts',
    'gateway/registries.ts',
    'test/support/scoped-world.ts',
  ]);
  t.ok(own > 30, 'found in the sources');
});

t.test('every file on the list is there, for each registry', async (t) => {
  for (const path of listed) {
    for (const registry of registries) {
      const files = await Array.fromAsync(
        glob(path.replaceAll('{registry}', registry).replace(/\/$/, ''), { cwd: ROOT }),
      );
      t.ok(files.length > 0, `${path}, ${registry}`);
    }
  }
});

/** A path of the list: `*` is anything in a name, a folder all that is in it. */
function patternOf(path: string): RegExp {
  const source = path
    .replace(/[.]/g, '\\.')
    .replaceAll('*', '[^/]*')
    .replaceAll('{registry}', `(?:${registries.join('|')})`);
  return new RegExp(`^${source}${path.endsWith('/') ? '' : '$'}`);
}

/** The name as a word, in a name of code, or in one of a variable. */
function nameOf(registry: string): RegExp {
  const capital = registry[0]!.toUpperCase() + registry.slice(1);
  return new RegExp(`\\b${registry}\\b|${capital}(?=[A-Z])|\\b${registry.toUpperCase()}_`);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*(\/\/|#).*$/gm, '');
}
