/** Types of events that AsyncAPI's modelina makes of `/asyncapi.json`: each has a name of ours, and they compile. */
import { glob, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { loadCatalog } from '../../gateway/catalog/live/load.ts';
import { asyncApi } from '../../gateway/documents/asyncapi/asyncapi.ts';
import { temporaryDirectory } from '../acceptance/support/sandbox.ts';
import { hasTool } from '../acceptance/support/tools.ts';
import { packageDirectories } from '../support/contracts.ts';
import { run } from './run.ts';
import { npmPackages } from './tools.ts';

// Tools that are not there yet are fetched.
t.setTimeout(600_000);

const document = asyncApi(await loadCatalog(packageDirectories), {
  ...{ publicUrl: 'https://lienthong.example.vn', version: '0.1.0' },
});
const packages = join(await npmPackages(), 'node_modules');
const work = await temporaryDirectory(t);
await writeFile(join(work, 'asyncapi.json'), JSON.stringify(document));
await writeFile(join(work, 'package.json'), '{ "type": "module" }');
await symlink(packages, join(work, 'node_modules'));

/** Writes a file for each model. @returns their names */
async function generate(generator: string, folder: string, options: string): Promise<string[]> {
  await mkdir(join(work, folder));
  const program = `
    import { readFileSync } from 'node:fs';
    import { ${generator} } from '@asyncapi/modelina';
    const document = JSON.parse(readFileSync('asyncapi.json', 'utf8'));
    const { generator, files } = ${options};
    const models = await new ${generator}(generator).generateToFiles(document, '${folder}', files);
    console.log(JSON.stringify(models.map(({ modelName }) => modelName)));
  `;
  await writeFile(join(work, `${folder}.mjs`), program);
  return JSON.parse(await run(process.execPath, [`${folder}.mjs`], { cwd: work }));
}

const NAMES = [
  ...['BusinessEnterpriseUpdatedEvent', 'LandParcelDeletedEvent', 'PopulationPersonCreatedChange'],
  ...['PersonGranted', 'AddressGranted', 'ParcelGrantedOwnersItem', 'PersonGrantedSex', 'Verification'],
];

t.test('TypeScript', async (t) => {
  const names = await generate(
    'TypeScriptFileGenerator',
    'typescript',
    "{ generator: { modelType: 'interface' }, files: { exportType: 'named' } }",
  );
  for (const name of NAMES) t.ok(names.includes(name), name);
  t.same(
    names.filter((name) => /anonymous/i.test(name)),
    [],
  );
  const [example] = (document.components as Components).messages['population.person.updated.structured']!
    .examples;
  const { type, ...event } = example!.payload;
  await writeFile(
    join(work, 'typescript', 'event.ts'),
    `import type { PopulationPersonUpdatedEvent } from './PopulationPersonUpdatedEvent.js';
     export const event: PopulationPersonUpdatedEvent = {
       ...${JSON.stringify(event)} as Omit<PopulationPersonUpdatedEvent, 'reservedType'>,
       reservedType: ${JSON.stringify(type)},
     };
     export const family: string | undefined = event.data.state.fullName?.familyName;`,
  );
  const files = await Array.fromAsync(glob('typescript/*.ts', { cwd: work }));
  await run(
    process.execPath,
    [
      ...[join(packages, 'typescript/bin/tsc'), '--noEmit', '--strict', '--skipLibCheck'],
      ...['--target', 'es2022', '--module', 'preserve', '--moduleResolution', 'bundler', ...files],
    ],
    { cwd: work },
  );
});

t.test('Java', async (t) => {
  if (!hasTool(t, 'javac', 'openjdk-17-jdk-headless')) return;
  const names = await generate(
    'JavaFileGenerator',
    'java',
    "{ generator: { collectionType: 'List' }, files: { packageName: 'vn.lienthong.events' } }",
  );
  for (const name of NAMES) t.ok(names.includes(name), name);
  const files = await Array.fromAsync(glob('java/*.java', { cwd: work }));
  await run('javac', ['-nowarn', '-proc:none', '-d', 'classes', ...files], { cwd: work });
});

interface Components {
  readonly messages: Readonly<
    Record<string, { readonly examples: readonly { readonly payload: Record<string, unknown> }[] }>
  >;
}
