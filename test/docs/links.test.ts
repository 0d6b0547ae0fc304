/** The targets of the documents' links exist, and the two READMEs have the same content. */
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import { stepsOf } from '../../gateway/exchange/routes.ts';
import { type Block, blocksOf, pagesOf, ROOT, readDocument } from './support/markdown.ts';

const READMES = ['README.md', 'README.vi.md'];

t.test('the Vietnamese README runs the same commands', async (t) => {
  const [english, vietnamese] = await Promise.all(READMES.map(blocksOf));
  const commands = (blocks: readonly Block[]) =>
    blocks
      .filter(({ language }) => language === 'sh')
      .map(({ text }) => text.replaceAll(' --language vi', ''));
  t.strictSame(commands(vietnamese!), commands(english!));
});

t.test('the pictures show the steps of a look-up, in their order', async (t) => {
  const steps = stepsOf('read');
  t.ok(steps.length > 10);
  for (const readme of READMES) {
    const [picture] = (await blocksOf(readme)).filter(({ language }) => language === 'mermaid');
    const places = steps.map((step) => picture!.text.search(new RegExp(`\\b${step}\\b`)));
    t.notOk(places.includes(-1), `${readme} shows ${steps[places.indexOf(-1)]}`);
    t.strictSame(
      places,
      places.toSorted((a, b) => a - b),
      readme,
    );
  }
});

t.test('every runbook that an alert names', async (t) => {
  const rules = await readFile(join(ROOT, 'deploy/prometheus/rules.yml'), 'utf8');
  const runbooks = [...rules.matchAll(/runbook: (\S+)#(\S+)/g)];
  t.ok(runbooks.length > 0);
  for (const [runbook, document, anchor] of runbooks)
    t.ok(anchorsOf(await readDocument(document!)).has(anchor!), runbook);
});

t.test('an index has all pages of its folder', async (t) => {
  for (const index of ['docs/operators.md', 'docs/agencies.md']) {
    const pages = globSync(`${index.replace('.md', '')}/*.md`, { cwd: ROOT });
    t.strictSame(
      (await pagesOf(index)).toSorted(),
      pages.filter((page) => !page.endsWith('.vi.md')).sort(),
      index,
    );
  }
});

t.test('the files that a life passes through are where it says', async (t) => {
  for (const life of ['docs/life-of-a-request.md', 'docs/life-of-a-change.md']) {
    const named = [...(await readDocument(life)).matchAll(/`([\w./-]+\.ts)`/g)].map(([, file]) => file!);
    t.ok(named.length > 10, life);
    const missing = named.filter((file) =>
      ['', 'gateway'].every((folder) => !existsSync(join(ROOT, folder, file))),
    );
    t.same(missing, [], `${life}: from the root or from gateway/`);
  }
});

t.test('links inside the repository lead somewhere', async (t) => {
  const documents = [
    ...globSync('docs/**/*.md', { cwd: ROOT }),
    ...READMES,
    'CONTRIBUTING.md',
    'CHANGELOG.md',
  ];
  let followed = 0;
  for (const document of documents) {
    for (const [, link = ''] of (await readDocument(document)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      followed++;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? document : join(dirname(document), path);
      t.ok(existsSync(join(ROOT, target)), `${document}: ${link}`);
      if (anchor && existsSync(join(ROOT, target)))
        t.ok(anchorsOf(await readDocument(target)).has(anchor), `${document}: ${link}`);
    }
  }
  t.ok(followed > 100, `${followed} links`);
});

/** Headings as GitHub names them. */
function anchorsOf(document: string): Set<string> {
  const headings = [...document.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
