import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import t, { type Test } from 'tap';
import type { Offers } from '../../../../adapters/offers.ts';
import type { Catalog } from '../../../../gateway/catalog/catalog.ts';
import { createCompiler } from '../../../../gateway/catalog/compile/compile.ts';
import { openCatalogCache } from '../../../../gateway/catalog/live/cache.ts';
import { openLiveCatalog } from '../../../../gateway/catalog/live/live.ts';
import { readSources } from '../../../../gateway/catalog/live/load.ts';
import { examine } from '../../../../gateway/catalog/vocabulary/checks.ts';
import { builtInOffers } from '../../../../gateway/registries.ts';
import { createLog } from '../../../../gateway/telemetry/log.ts';
import { copyContracts, packageDirectories } from '../../../support/contracts.ts';

const log = createLog('silent');
const key = Buffer.alloc(32, 1);
const read = () => readSources(packageDirectories);

async function open(
  t: Test,
  options: { directory?: string; key?: Buffer; compiler?: string; offers?: Offers } = {},
) {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'lienthong-cache-')));
  if (!options.directory) t.teardown(() => rm(directory, { recursive: true, force: true }));
  const cache = await openCatalogCache({ key, ...options, directory, log });
  const files = () => readdir(directory);
  return { directory, cache, files };
}

/** The content of a catalogue as text. */
const contentOf = ({ grants, streamGrants, agreements, systems, services }: Catalog) =>
  JSON.stringify([
    [...agreements.values()],
    [...systems.values()],
    [...services.values()].map(({ examples, deadline, bodyLimit }) => [examples, deadline, bodyLimit]),
    [...grants].map(([system, map]) => [
      system,
      [...map.values()]
        .flat()
        .map(({ fields, scopeValues }) => [fields.digest, fields.disclosed, scopeValues]),
    ]),
    streamGrants.map(({ digest, systems: readers }) => [digest, readers]),
  ]);

t.test('a recalled catalogue compiles to the same, and is not checked again', async (t) => {
  const { cache, directory, files } = await open(t);
  const sources = await read();
  t.equal(await cache.recall(sources), false, 'nothing is known yet');
  const first = await createCompiler().compile(sources);
  await cache.remember(sources);
  const [name] = await files();
  t.equal((await stat(join(directory, name!))).mode & 0o777, 0o600);

  const again = await read();
  t.equal(await cache.recall(again), true);
  t.ok(
    Object.values(again)
      .flat()
      .every((file) => file.isChecked),
  );
  const second = await createCompiler().compile(again);
  t.equal(second.digest, first.digest);
  t.equal(contentOf(second), contentOf(first));
});

t.test('a recalled service is compiled at its first call, and finds the same', async (t) => {
  const { cache } = await open(t);
  const sources = await read();
  const first = await createCompiler().compile(sources);
  await cache.remember(sources);
  const recalled = await read();
  t.equal(await cache.recall(recalled), true);
  const made = t.capture(Ajv2020.prototype, 'compile', Ajv2020.prototype.compile);
  const got = t.capture(Ajv2020.prototype, 'getSchema', Ajv2020.prototype.getSchema);
  const second = await createCompiler().compile(recalled);
  t.equal(made().length + got().length, 0, 'a start compiles no schema');

  const compare = (one: ValidateFunction, other: ValidateFunction, value: unknown) => {
    const [mine, theirs] = [structuredClone(value), structuredClone(value)];
    t.strictSame(examine(other, theirs), examine(one, mine));
    t.strictSame(theirs, mine, 'with the same defaults');
  };
  for (const [key, service] of first.services) {
    const other = second.services.get(key)!;
    const { examples } = service;
    for (const value of [{}, ...examples.flatMap(({ request, response }) => [request, response])]) {
      compare(service.validateRequest, other.validateRequest, value);
      compare(service.validateResponse, other.validateResponse, value);
    }
  }
  for (const [name, { registry, entities }] of first.streams) {
    const states = [...first.services.values()]
      .filter((service) => service.kind === 'publish' && service.registry === registry)
      .flatMap(({ examples }) => examples.flatMap(({ request }) => (request as Pushed).changes));
    for (const entity of entities.values()) {
      const other = second.streams.get(name)!.entities.get(entity.name)!;
      for (const { subject, data } of [...states, { subject: '', data: {} }]) {
        compare(entity.validate, other.validate, data);
        compare(entity.validateRead, other.validateRead, data);
        t.equal(other.isSubject(subject), entity.isSubject(subject));
      }
    }
  }
});

interface Pushed {
  readonly changes: readonly { readonly subject: string; readonly data?: unknown }[];
}

for (const [name, spoil] of [
  ['cut short', (text: string) => text.slice(0, -10)],
  ['empty', () => ''],
  ['one digit of a value changed', (text: string) => text.replace('"perDay":1000000', '"perDay":9000000')],
  ['another seal', (text: string) => `${'0'.repeat(64)}${text.slice(64)}`],
] as const) {
  t.test(`damaged is a miss: ${name}`, async (t) => {
    const { cache, directory, files } = await open(t);
    const sources = await read();
    await createCompiler().compile(sources);
    await cache.remember(sources);
    const path = join(directory, (await files())[0]!);
    const text = await readFile(path, 'utf8');
    t.not(spoil(text), text);
    await writeFile(path, spoil(text));
    t.equal(await cache.recall(await read()), false);
  });
}

t.test('of another key, another compiler, other adapters or other files: a miss', async (t) => {
  const { cache, directory } = await open(t);
  const sources = await read();
  await createCompiler().compile(sources);
  await cache.remember(sources);
  t.equal(await (await open(t, { directory, key: Buffer.alloc(32, 2) })).cache.recall(await read()), false);
  t.equal(await (await open(t, { directory, compiler: 'other' })).cache.recall(await read()), false);
  t.equal(await (await open(t, { directory, offers: builtInOffers })).cache.recall(await read()), false);
  const copy = await copyContracts(t, { 'contracts/agreements/G12-thue-tax.yaml': (text) => `${text}#\n` });
  t.equal(await cache.recall(await readSources(copy)), false);
  t.equal(await (await open(t, { directory })).cache.recall(await read()), true, 'of these: known');
});

t.test('the first catalogue is kept once the gateway is ready', async (t) => {
  const { cache, files } = await open(t);
  const early = await openLiveCatalog({ read, cache, log });
  await early.close();
  t.same(await files(), [], 'a start that failed keeps nothing');
  const live = await openLiveCatalog({ read, cache, log });
  live.keepFirst();
  live.keepFirst();
  await live.close();
  t.equal((await files()).length, 1);
  t.equal(await cache.recall(await read()), true);
});

t.test('a live catalogue keeps what is sound, and the two newest of it', async (t) => {
  const { cache, files } = await open(t);
  const copy = await copyContracts(t);
  const live = await openLiveCatalog({ read: () => readSources(copy), cache, log });
  for (const n of [1, 2, 3]) {
    await copy.edit({ 'contracts/agreements/G12-thue-tax.yaml': (text) => `${text}# ${n}\n` });
    t.match(await live.reload('test'), { outcome: 'swapped' });
  }
  await copy.edit({ 'contracts/agreements/G12-thue-tax.yaml': (text) => text.replace('/fullName', '/x') });
  t.match(await live.reload('test'), { outcome: 'refused' });
  await live.close();
  t.equal((await files()).length, 2);
});

t.test('the catalogue after a reload is whole, though most of it was not read again', async (t) => {
  const { cache } = await open(t);
  const copy = await copyContracts(t);
  const live = await openLiveCatalog({ read: () => readSources(copy), cache, log });
  await copy.edit({ 'contracts/agreements/G12-thue-tax.yaml': (text) => `${text}# changed\n` });
  t.match(await live.reload('test'), { outcome: 'swapped' });
  await live.close();

  const again = await readSources(copy);
  t.equal(await cache.recall(again), true);
  t.equal(
    contentOf(await createCompiler().compile(again)),
    contentOf(await createCompiler().compile(await readSources(copy))),
  );
});

t.test('after a start on what was kept, a reload checks what changed', async (t) => {
  const { cache } = await open(t);
  const copy = await copyContracts(t);
  const start = () => openLiveCatalog({ read: () => readSources(copy), cache, log });
  const cold = await start();
  cold.keepFirst();
  await cold.close();

  const live = await start();
  const file = 'contracts/agreements/G12-thue-tax.yaml';
  const { text } = (await readSources(copy)).agreements.find((one) => file.endsWith(one.file))!;
  for (const [spoilt, message] of [
    [text.replace(/^consumer:.*$/m, 'consumer: 1'), '/consumer must be string'],
    [text.replace('/fullName', '/x'), 'field "/x" is not in the contract'],
    [`${text}scope:\n  provinceCode: ['00']\n`, 'no record has provinceCode "00"'],
  ] as const) {
    t.not(spoilt, text);
    await copy.edit({ [file]: () => spoilt });
    const reload = await live.reload('test');
    t.match(reload, { outcome: 'refused' });
    if (reload.outcome === 'refused')
      t.ok(
        reload.findings.some((finding) => finding.message.includes(message)),
        message,
        { reload },
      );
  }
  await copy.edit({
    'contracts/services/population.person.lookup.v1.yaml': (contract) =>
      contract.replace(/^response: .*$/m, 'response: person-verify.response.schema.json'),
    [file]: () => text,
  });
  const reload = await live.reload('test');
  t.match(reload, { outcome: 'refused' });
  const findings = reload.outcome === 'refused' ? reload.findings : [];
  t.ok(
    findings.some(({ message }) => message.startsWith('example breaks the contract')),
    'examples too',
  );
  await live.close();
});

t.test('a directory that cannot be written to harms nobody', async (t) => {
  const { directory } = await open(t);
  await writeFile(join(directory, 'file'), '');
  const { cache } = await open(t, { directory: join(directory, 'file', 'below') });
  const live = await openLiveCatalog({ read, cache, log });
  t.ok(live.current().services.size > 0);
  await live.close();
});

t.test('a cache that cannot be written is a warning that names the variable', async (t) => {
  const lines: Record<string, unknown>[] = [];
  const directory = '/proc/lienthong';
  const warning = createLog('info', { write: (line) => lines.push(JSON.parse(line)) });
  const cache = await openCatalogCache({ directory, key, log: warning });
  const sources = await read();
  await createCompiler().compile(sources);
  await cache.remember(sources);
  t.match(lines, [{ level: 'warn', variable: 'CATALOGUE_CACHE_DIR', directory }]);
});
