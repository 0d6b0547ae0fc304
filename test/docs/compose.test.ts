/**
 * deploy/compose.yaml and the Dockerfile, as far as they can be tried without a container engine: what they name is
 * there, the configuration is one that the gateway takes, and what makes the secrets makes them.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { demoSystems } from '../../deploy/sandbox/demo-systems.ts';
import { businessCredentials } from '../../deploy/sandbox/registries/business/credentials.ts';
import {
  populationCredentials,
  SERVICE_PATH,
} from '../../deploy/sandbox/registries/population/credentials.ts';
import { readConfig, readMigrationConfig, variables } from '../../gateway/config/config.ts';
import { startNode } from '../support/process.ts';
import { ROOT, readDocument } from './support/markdown.ts';

interface Service {
  readonly build?: { readonly context: string; readonly target: string };
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const compose: Compose = parse(await readDocument('deploy/compose.yaml'), { merge: true });
const dockerfile = await readDocument('Dockerfile');
const gateway = compose.services.gateway!.environment!;

t.test('every variable of the gateway is one that it knows', (t) => {
  const known = new Map<string, { readonly secret?: true }>(
    (variables as readonly { name: string; secret?: true }[]).map((variable) => [variable.name, variable]),
  );
  for (const name of Object.keys(gateway)) {
    const secret = name.endsWith('_FILE') && known.get(name.slice(0, -'_FILE'.length))?.secret;
    t.ok(known.has(name) || secret, name);
  }
  for (const { name, secret } of variables as readonly { name: string; secret?: true }[])
    if (secret) t.notOk(name in gateway, `${name} is not written into the file`);
  t.end();
});

t.test('the simulated registries are addressed as they are', (t) => {
  t.match(gateway, {
    POPULATION_URL: `http://registries:8101${SERVICE_PATH}`,
    POPULATION_USER: populationCredentials.user,
    POPULATION_ROAD_CLIENT: populationCredentials.roadClient,
    BUSINESS_CONSUMER_KEY: businessCredentials.consumerKey,
  });
  t.match(dockerfile, '"--population", "8101", "--business", "8102", "--land", "8103"');
  t.end();
});

t.test('volumes, networks and secrets that services name are declared', (t) => {
  for (const [name, service] of Object.entries(compose.services)) {
    for (const volume of service.volumes ?? []) {
      const source = volume.split(':')[0]!;
      const there = source.startsWith('.')
        ? existsSync(join(ROOT, 'deploy', source))
        : source in compose.volumes;
      t.ok(there, `${name}: ${source}`);
    }
    for (const network of service.networks ?? []) t.ok(network in compose.networks, `${name}: ${network}`);
    for (const other of Object.keys(service.depends_on ?? {}))
      t.ok(other in compose.services, `${name}: ${other}`);
    if (service.build) t.match(dockerfile, new RegExp(`^FROM \\S+ AS ${service.build.target}$`, 'm'), name);
    else t.match(service.image, /:[^:]*\d/, `${name}: a version`);
    // This machine alone: nothing here is meant for others.
    for (const port of service.ports ?? []) t.match(port, /^127\.0\.0\.1:/, name);
  }
  t.end();
});

t.test('the volumes of keys and secrets reach those who need them, nobody else', (t) => {
  const users = (volume: string) =>
    Object.entries(compose.services)
      .filter(([, { volumes = [] }]) => volumes.some((mount) => mount.startsWith(`${volume}:`)))
      .map(([name]) => name);
  t.strictSame(users('agencies'), ['secrets', 'lienthong'], 'private keys of the agencies');
  t.strictSame(users('secrets'), ['secrets', 'migrate', 'gateway']);
  t.strictSame(users('postgres-secret'), ['secrets', 'migrate', 'postgres'], 'of the owner: not the gateway');
  t.end();
});

t.test('the service `secrets`, then the gateway with what it made', async (t) => {
  const directory = await temporaryDirectory(t);
  const script = compose.services.secrets!.command!.at(-1)!;
  await Promise.all(['secrets', 'postgres-secret', 'agencies'].map((name) => mkdir(join(directory, name))));
  const made = await run(t, script, directory);
  t.equal(made.code, 0, made.output);

  const here = (text: string) => text.replaceAll('/secrets/', `${directory}/secrets/`);
  const environment = Object.fromEntries(Object.entries(gateway).map(([name, value]) => [name, here(value)]));
  const config = readConfig(environment);
  t.equal(config.masterKey.length, 32);
  t.match(config.databaseUrl, /^postgres:\/\/lienthong_gateway:[\w-]{32}@postgres:5432\/lienthong$/);
  t.match(config.registries.population, populationCredentials);
  t.match(config.registries.business, businessCredentials);
  t.strictSame(Object.keys(config.registries.land!.upstreams).sort(), ['01', '48', '79']);
  t.equal(config.registries.land!.provinceOfCommune['00004'], '01');

  const password = await readFile(join(directory, 'postgres-secret/password'), 'utf8');
  const ownerFiles = compose.services.migrate!.environment!;
  const migration = readMigrationConfig(
    Object.fromEntries(
      Object.entries(ownerFiles).map(([name, value]) => [
        name,
        here(value).replace('/postgres-secret/', `${directory}/postgres-secret/`),
      ]),
    ),
  );
  t.match(migration, {
    ownerUrl: `postgres://lienthong:${password}@postgres:5432/lienthong`,
    gateway: { name: 'lienthong_gateway', password: new URL(config.databaseUrl).password },
  });
  t.not(new URL(config.databaseUrl).password, password);
  t.equal((await stat(join(directory, 'secrets/master.key'))).mode & 0o777, 0o600);
  t.strictSame(
    (await readdir(join(directory, 'agencies'))).sort(),
    demoSystems.map((system) => `${system}.jwk.json`).sort(),
  );
  t.strictSame(
    (await readdir(config.clientKeysDir!)).sort(),
    demoSystems.map((system) => `${system}.jwks.json`).sort(),
  );

  const again = await run(t, script, directory);
  t.equal(again.code, 0, again.output);
  t.strictSame(readConfig(environment), config, 'a second start finds what the first made');
});

t.test('the Dockerfile copies what is there, and what the build context holds', async (t) => {
  const ignore = await readDocument('.dockerignore');
  const allowed = [...ignore.matchAll(/^!(.+)$/gm)].map(([, path]) => path!);
  const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list]) =>
    list!.split(' '),
  );
  t.ok(sources.length > 5);
  for (const source of sources) {
    t.ok(existsSync(join(ROOT, source)), source);
    t.ok(allowed.includes(source), `${source} is in the build context`);
  }
});

t.test('the images run as nobody special, and the default one is the gateway', (t) => {
  const stages = dockerfile.split(/^FROM /m).slice(1);
  const [sandbox, last] = stages.slice(-2);
  for (const stage of [sandbox!, last!]) t.match(stage, /^USER node$/m);
  t.match(last, / AS gateway\n/);
  t.match(last, /^EXPOSE 8080 9090$/m);
  t.match(last, /^HEALTHCHECK .*\\\n.*\/health\/live/m);
  t.match(last, 'CMD ["node", "gateway/lienthong.js", "start"]');
  t.end();
});

async function run(t: Test, script: string, directory: string) {
  const source = script
    .replaceAll('/app/data/sandbox/keys', `${directory}/agencies`)
    .replaceAll('/app/', `${ROOT}/`)
    .replaceAll("'/secrets/", `'${directory}/secrets/`)
    .replaceAll("'/postgres-secret/", `'${directory}/postgres-secret/`);
  const process = startNode(t, ['--input-type=module', '--eval', source]);
  const { code } = await process.ended;
  return { code, output: process.output };
}

async function temporaryDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-compose-'));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}
