/**
 * A fourth registry is connected by its own folder, its contracts and schemas, and one line in the list of registries; and simulated by
 * a folder and a line in the sandbox. In a copy of this project that is all that is written, but for what `npm run generate` makes of it.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import t from 'tap';
import { loadCatalog } from '../../gateway/catalog/live/load.ts';
import { startNode } from '../support/process.ts';
import { copyProject } from '../support/project-copy.ts';
import { layOut } from '../support/setting.ts';
import { openTestClient } from '../support/test-client.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CIVIL = join(import.meta.dirname, 'civil');

/** The directories of a gateway, and the documents. */
const COPIED = [
  'adapters',
  'contracts',
  'deploy',
  'docs',
  'gateway',
  'schemas',
  'package.json',
  'tsconfig.json',
];
const LISTS = ['gateway/registries.ts', 'deploy/sandbox/registries/registries.ts'] as const;

const project = await copyProject(t, {}, COPIED);
await connectCivil();

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' });

t.test('check takes its contracts, and holds them against what the adapter offers', async (t) => {
  t.match(run('gateway/lienthong.js', 'check'), { status: 0, stdout: /^ok: / });

  const contract = join(project, 'contracts/services/civil.birth.lookup.v1.yaml');
  const sound = await readFile(contract, 'utf8');
  await writeFile(contract, sound.replaceAll('civil.birth.lookup', 'civil.birth.find'));
  t.match(run('gateway/lienthong.js', 'check'), { status: 1, stderr: /civil\.birth\.find/ });
  await writeFile(contract, sound);
});

t.test('its variables are known, and documented', async (t) => {
  t.match(run('schemas/generate.ts'), { status: 0 });
  t.match(run('docs/generate.ts'), { status: 0 });
  const document = await readFile(join(project, 'docs/operators/configuration.md'), 'utf8');
  t.match(document, '**Civil status registry**');
  t.match(
    document,
    '| `CIVIL_URL` |  | address of the civil status registry; unset: its services answer 503 |',
  );
  t.match(document, '| `CIVIL_API_KEY` * |  | its key; required with its URL |');

  const { readConfig } = await import(join(project, 'gateway/config/config.ts'));
  const required = {
    DATABASE_URL: 'postgres://127.0.0.1/lienthong',
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64url'),
    PUBLIC_URL: 'https://api.gov.vn',
  };
  const civil = { url: 'http://127.0.0.1:1', apiKey: 'x' };
  t.match(readConfig({ ...required, CIVIL_URL: `${civil.url}/`, CIVIL_API_KEY: 'x' }).registries, { civil });
  t.match(readConfig(required).registries, { civil: undefined });
  t.match(readConfig({ ...required, CIVIL_API_KEY: 'x' }).warnings, [
    { variable: 'CIVIL_API_KEY', reason: 'has no effect without CIVIL_URL' },
  ]);
  const wrong = { ...required, CIVIL_URL: 'civil.gov.vn', CIVIL_API_KEYS: 'x' };
  t.match(
    problemsOf(() => readConfig(wrong)),
    [
      { variable: 'CIVIL_URL', reason: /^must be an http or https URL/ },
      { variable: 'CIVIL_API_KEY', reason: 'is required with CIVIL_URL' },
      { variable: 'CIVIL_API_KEYS', reason: /is CIVIL_API_KEY meant\?/ },
    ],
  );
});

t.test('the project with it is typed', async (t) => {
  t.match(run('node_modules/typescript/lib/tsc.js', '-p', '.'), { status: 0, stdout: '', stderr: '' });
});

t.test('the gateway answers from it, as the sandbox simulates it', async (t) => {
  t.match(run('gateway/lienthong.js', 'sandbox', 'samples').stdout, 'births present\n  KHAI_SINH-3\n');
  const sandbox = join(project, 'deploy/sandbox/registries');
  const { startRegistries } = await import(join(sandbox, 'start.ts'));
  const { variablesOf } = await import(join(sandbox, 'registries.ts'));
  const registries = await startRegistries();
  t.teardown(() => registries.close());
  const setting = await layOut(t, { registries });
  const contractsDir = join(project, 'contracts');
  const gateway = startNode(t, [join(project, 'gateway/lienthong.js'), 'start'], {
    env: { ...setting.variables, ...variablesOf(registries), CONTRACTS_DIR: contractsDir },
  });
  await gateway.line(/"the gateway is ready"/, 60_000);
  const schemasDir = join(project, 'schemas');
  const catalog = await loadCatalog({ contractsDir, schemasDir, clientKeysDir: undefined });
  const operationsUrl = `http://127.0.0.1:${setting.variables.OPERATIONS_PORT}`;
  const testClient = openTestClient(t, { ...setting, catalog }, setting.publicUrl, operationsUrl);
  const answer = await testClient.call('H26.motcua', 'civil.birth.lookup', { number: 'KHAI_SINH-3' });
  t.match(answer, {
    status: 200,
    body: {
      data: { number: 'KHAI_SINH-3', name: 'Nguyễn Thị Mẫu', provinceCode: '01' },
      meta: { agreement: 'TT-2026-H26-09', withheld: ['/version'] },
    },
  });
  t.match((await testClient.operations('/metrics')).text, 'upstream="civil"');
  t.match((await testClient.send('/openapi.json')).text, '"Name of the child"');
  const { text } = await testClient.send('/openapi.json?lang=vi');
  t.match(text, '"Họ và tên của trẻ"');
  t.notMatch(text, '"Name of the child"');
});

t.test('nothing else of the project was written', async (t) => {
  const [before, after] = await Promise.all([ROOT, project].map(filesOf));
  t.strictSame([...after!.difference(before!)].sort(), [
    'adapters/civil/adapter.ts',
    'adapters/civil/config.ts',
    'contracts/agreements/H26-motcua-births.yaml',
    'contracts/services/civil.birth.lookup.v1.yaml',
    'deploy/sandbox/registries/civil/provider.ts',
    'deploy/sandbox/registries/civil/samples.ts',
    'deploy/sandbox/registries/civil/server.ts',
    'deploy/sandbox/registries/civil/simulated.ts',
    'schemas/birth-lookup.request.schema.json',
    'schemas/birth.schema.json',
    'schemas/vietnamese/civil.json',
  ]);
  const generated = ['docs/operators/configuration.md', 'schemas/types.ts'];
  const changed: string[] = [];
  for (const path of before!) {
    const [one, other] = await Promise.all([ROOT, project].map((root) => readFile(join(root, path))));
    if (!one!.equals(other!)) changed.push(path);
  }
  t.strictSame(changed.sort(), [...LISTS, ...generated].sort());
});

/** Adds what a registry consists of. No file that is there may be overwritten, but for the two lists. */
async function connectCivil(): Promise<void> {
  const code = ['adapter.ts', 'config.ts'].map((name) => [name, `adapters/civil/${name}`] as const);
  const simulation = ['simulated.ts', 'server.ts', 'samples.ts', 'provider.ts'].map(
    (name) => [`sandbox/${name}`, `deploy/sandbox/registries/civil/${name}`] as const,
  );
  for (const [from, to] of [...code, ...simulation]) {
    const text = await readFile(join(CIVIL, from), 'utf8');
    await add(to, text.replaceAll(/'(?:\.\.\/){3,}(?:adapters|deploy\/sandbox\/registries)\//g, "'../"));
  }
  for (const folder of ['schemas', 'schemas/vietnamese', 'contracts/services', 'contracts/agreements']) {
    for (const entry of await readdir(join(CIVIL, folder), { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const { name } = entry;
      await add(`${folder}/${name}`, await readFile(join(CIVIL, folder, name), 'utf8'));
    }
  }
  await list(LISTS[0], '../adapters/civil/config.ts');
  await list(LISTS[1], './civil/simulated.ts');
}

/** Adds the registry to a list of them. */
async function list(path: string, module: string): Promise<void> {
  const text = await readFile(join(project, path), 'utf8');
  const added = text
    .replace(/^import /m, `import { civil } from '${module}';\nimport `)
    .replace(/(export const registries = \[[^\]]*)\]/, '$1, civil]');
  await writeFile(join(project, path), added);
}

async function add(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(project, path)), { recursive: true });
  await writeFile(join(project, path), text, { flag: 'wx' });
}

/** All files of what is copied, by their paths. */
async function filesOf(root: string): Promise<Set<string>> {
  const below = COPIED.map(async (path) => {
    if (path.includes('.')) return [path];
    const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files.map(({ parentPath, name }) => relative(root, join(parentPath, name)));
  });
  return new Set((await Promise.all(below)).flat());
}

function problemsOf(read: () => unknown): unknown {
  try {
    read();
    return undefined;
  } catch (error) {
    return (error as { readonly problems?: unknown }).problems;
  }
}
