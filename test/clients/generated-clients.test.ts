/**
 * Clients that generators make of `/openapi.json` alone, in four languages: they compile, and eight calls of each give the
 * values that the gateway answered, typed.
 */
import { cp, glob, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readSamples } from '../acceptance/support/samples.ts';
import { lienthong, startSandbox, temporaryDirectory } from '../acceptance/support/sandbox.ts';
import { hasTool } from '../acceptance/support/tools.ts';
import { until } from '../acceptance/support/until.ts';
import { run } from './run.ts';
import { goEnvironment, javaJars, npmPackages, python } from './tools.ts';

// Tools that are not there yet are fetched.
t.setTimeout(600_000);

const HERE = import.meta.dirname;
const SYSTEM = 'G12.thue';
const PURPOSE = 'quan-ly-thue';

const sandbox = await startSandbox(t, { trickle: 0.2 });
const work = await temporaryDirectory(t);
const document = join(work, 'openapi.json');
await writeFile(document, await (await fetch(`${sandbox.url}/openapi.json`)).text());
const { persons, parcels } = await readSamples(t);
const ask = (path: string, body?: unknown) => sandbox.call({ as: SYSTEM, purpose: PURPOSE, path, body });

/** A person who owns land, and a parcel that has an outline. */
const personalId = await firstOf(persons.present, async (one) => {
  const { body } = await ask('/v1/land/parcels/find-by-owner', { personalId: one });
  return body.data.length > 0;
});
const parcel = parcels.present[0]!;
await until('three changes have come', async () => {
  const { body } = await ask('/v1/changes/business?limit=3');
  return body.data.length === 3;
});

/** What every client is to print: as the gateway answers, read without types. */
const expected = await answers();

/** With a token of its own for each client: compiling takes longer than a token is valid on a slow machine. */
async function environment(t: Pick<Test, 'teardown'>) {
  const key = join(sandbox.dataDir, 'keys', `${SYSTEM}.jwk.json`);
  const { output } = await lienthong(t, ['token', '--system', SYSTEM, '--url', sandbox.url, '--key', key]);
  const input = { url: sandbox.url, token: output.trim(), purpose: PURPOSE };
  return { INPUT: JSON.stringify({ ...input, personalId, provinceCode: '01', ...parcel }) };
}

t.test('TypeScript: openapi-typescript', async (t) => {
  const packages = await npmPackages();
  const folder = join(work, 'typescript');
  await cp(join(HERE, 'typescript'), folder, { recursive: true });
  await symlink(join(packages, 'node_modules'), join(folder, 'node_modules'));
  const tool = (path: string, ...args: string[]) =>
    run(process.execPath, [join(packages, 'node_modules', path), ...args], { cwd: folder });
  // What has a default may be left out of a request.
  await tool(
    'openapi-typescript/bin/cli.js',
    document,
    ...['--default-non-nullable', 'false', '-o', 'api.d.ts'],
  );
  await tool('typescript/bin/tsc');
  check(t, await run(process.execPath, ['calls.ts'], { cwd: folder, env: await environment(t) }));
});

t.test('Python: openapi-python-client', async (t) => {
  if (!hasTool(t, 'python3', 'python3-venv')) return;
  const command = await python();
  const folder = join(work, 'python');
  await mkdir(folder);
  await cp(join(HERE, 'python'), folder, { recursive: true });
  const said = await run(
    command,
    [
      ...['-m', 'openapi_python_client', 'generate', '--path', document, '--meta', 'none'],
      ...['--output-path', 'client', '--config', 'generator.yaml', '--fail-on-warning'],
    ],
    { cwd: folder },
  );
  t.notMatch(said, /warning/i);
  await run(command, ['-m', 'mypy', '--strict', '--cache-dir', join(work, 'mypy'), 'client', 'calls.py'], {
    cwd: folder,
  });
  check(t, await run(command, ['calls.py'], { cwd: folder, env: await environment(t) }));
});

t.test('Go: oapi-codegen', async (t) => {
  if (!hasTool(t, 'go', 'golang-go, 1.26 or newer')) return;
  const env = await goEnvironment();
  const folder = join(work, 'go');
  await cp(join(HERE, 'go'), folder, { recursive: true });
  await mkdir(join(folder, 'api'));
  await run('go', ['tool', 'oapi-codegen', '-config', 'oapi-codegen.yaml', document], { cwd: folder, env });
  await run('go', ['build', '-o', 'calls', '.'], { cwd: folder, env });
  check(t, await run(join(folder, 'calls'), [], { cwd: folder, env: await environment(t) }));
});

t.test('Java: openapi-generator', async (t) => {
  for (const [command, debianPackage] of [
    ['javac', 'openjdk-17-jdk-headless'],
    ['mvn', 'maven'],
  ] as const) {
    if (!hasTool(t, command, debianPackage)) return;
  }
  const { generator, classPath } = await javaJars();
  const folder = join(work, 'java');
  await mkdir(folder);
  await run(
    'java',
    [
      ...[
        '-jar',
        generator,
        'generate',
        '-i',
        document,
        '-g',
        'java',
        '--library',
        'native',
        '-o',
        'generated',
      ],
      '--additional-properties=openApiNullable=false,useSingleRequestParameter=true,invokerPackage=vn.lienthong.client,apiPackage=vn.lienthong.client.api,modelPackage=vn.lienthong.client.model',
      ...[
        '--global-property',
        'apis,models,supportingFiles,apiTests=false,modelTests=false,apiDocs=false,modelDocs=false',
      ],
    ],
    { cwd: folder },
  );
  // Every class of it, also those that the calls do not reach.
  const classes = await Array.fromAsync(glob('generated/src/main/java/**/*.java', { cwd: folder }));
  await writeFile(join(folder, 'sources'), [join(HERE, 'java', 'Calls.java'), ...classes].join('\n'));
  await run('javac', ['-nowarn', '-proc:none', '-d', '.', '-cp', classPath, '@sources'], { cwd: folder });
  check(t, await run('java', ['-cp', classPath, 'Calls'], { cwd: folder, env: await environment(t) }));
});

/** Fields that are absent read as null, whatever a language has for it. */
async function answers() {
  const person = (await ask('/v1/population/persons/lookup', { personalId })).body;
  const enterprises = (await ask('/v1/business/enterprises?provinceCode=01&pageSize=3')).body.data as Row[];
  const { communeCode, mapSheet, parcelNumber } = parcel;
  const outline = (await ask(`/v1/land/parcels/${communeCode}/${mapSheet}/${parcelNumber}/boundary`)).body;
  const owned = (await ask('/v1/land/parcels/find-by-owner', { personalId })).body.data as Row[];
  const events = (await ask('/v1/changes/business?limit=3')).body.data as {
    sequence: string;
    data: { operation: string; version: number; state: { name: string } };
  }[];
  const { services } = (await ask('/v1/catalog/services')).body.data as {
    services: { service: string; allowed: boolean }[];
  };
  const { familyName, givenName } = person.data.fullName;
  return {
    person: [personalId, familyName, givenName, person.meta.withheld.length],
    enterprises: enterprises.map((one) => [
      one.enterpriseCode,
      ...['charterCapital', 'foundingDate', 'status'].map((name) => one[name] ?? null),
    ]),
    boundary: outline.data.geometry.coordinates,
    parcels: owned.map(({ communeCode, area }) => [communeCode, area ?? null]),
    events: events.map(({ sequence, data }) => [sequence, data.operation, data.version, data.state.name]),
    services: services.filter(({ allowed }) => allowed).map(({ service }) => service),
    subscriptions: 0,
    problem: [400, 'contract_violation'],
  };
}

type Row = Readonly<Record<string, unknown>>;

function check(t: Pick<Test, 'strictSame' | 'ok'>, output: string): void {
  const { enterprises, boundary, parcels } = expected;
  t.ok(
    enterprises.some(([, capital]) => Number(capital) > 2 ** 31),
    'more than 32 bits',
  );
  t.ok(boundary.length > 0 && parcels.length > 0);
  t.strictSame(JSON.parse(output), expected);
}

async function firstOf<T>(list: readonly T[], fits: (one: T) => Promise<boolean>): Promise<T> {
  for (const one of list) if (await fits(one)) return one;
  throw new Error('none fits');
}
