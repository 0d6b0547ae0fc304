/** Whatever a catalogue takes from a system is named before it is taken on, also where no topic and no webhook ends. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Catalog } from '../../../../gateway/catalog/catalog.ts';
import { compareEndings } from '../../../../gateway/catalog/diff/endings.ts';
import { loadCatalog } from '../../../../gateway/catalog/live/load.ts';
import { generateKey } from '../../../../gateway/client/client.ts';
import { copyContracts, type Edits, findingsIn } from '../../../support/contracts.ts';

const NOW = Date.parse('2026-11-29T00:00:00Z');
const services = 'contracts/agreements/G12-thue-tax.yaml';
const streams = 'contracts/agreements/G12-thue-tax-streams.yaml';
const replace = (from: string, to: string) => (text: string) => text.replace(from, to);

type Loss = [agreement: string, target: string | undefined, reason: string, systems: readonly string[]];

function lossesOf(before: Catalog, after: Catalog): Loss[] {
  return compareEndings(before, after, NOW).map(
    ({ agreement, target, reason, systems }): Loss => [agreement, target, reason, systems],
  );
}

const all = [
  'business.enterprise.lookup@1',
  'business.enterprise.search@1',
  'land.parcel.boundary@1',
  'land.parcel.find-by-owner@1',
  'land.parcel.lookup@1',
  'population.person.lookup@1',
];
const each = (reason: string, systems = ['G12.thue']): Loss[] =>
  all.map((target) => ['TT-2026-G12-01', target, reason, systems]);
const read: Loss[] = ['business.changes.read enterprise', 'land.changes.read parcel'].map((target) => [
  'TT-2026-G12-02',
  target,
  'narrowed',
  ['G12.thue'],
]);

const cases: [name: string, edits: Edits, expected: readonly Loss[]][] = [
  ['another rate', { [services]: replace('perSecond: 100', 'perSecond: 10') }, []],
  ['another consumer', { [services]: replace('consumer: G12.thue', 'consumer: G12.dkkd') }, each('narrowed')],
  ['another consumer of streams', { [streams]: replace('consumer: G12.thue', 'consumer: H29.thu') }, read],
  ['an end that has passed', { [services]: replace('2028-12-31', '2026-11-28') }, each('ended')],
  ['a beginning that has yet to come', { [services]: replace('2026-01-01', '2027-01-01') }, each('narrowed')],
  ['streams that have yet to begin', { [streams]: replace('2026-01-01', '2027-01-01') }, read],
  ['another purpose', { [services]: replace('[quan-ly-thue]', '[khac]') }, each('narrowed')],
  ['one purpose more', { [services]: replace('[quan-ly-thue]', '[quan-ly-thue, khac]') }, []],
  ['a header more', { [services]: replace('[X-Purpose]', '[X-Purpose, X-Case-Id]') }, each('narrowed')],
  [
    'fewer fields',
    { [services]: replace('[/personalId, /fullName]', '[/personalId]') },
    [['TT-2026-G12-01', 'population.person.lookup@1', 'narrowed', ['G12.thue']]],
  ],
  ['more fields', { [services]: replace('[/personalId, /fullName]', '[/personalId, /fullName, /sex]') }, []],
  [
    'fewer rows',
    {
      [services]: replace(
        'business.enterprise.lookup@1\n',
        'business.enterprise.lookup@1\n    scope: { provinceCode: ["01"] }\n',
      ),
    },
    [['TT-2026-G12-01', 'business.enterprise.lookup@1', 'narrowed', ['G12.thue']]],
  ],
  [
    'a service less',
    { [services]: replace('  - service: land.parcel.lookup@1\n    fields: [""]\n', '') },
    [['TT-2026-G12-01', 'land.parcel.lookup@1', 'narrowed', ['G12.thue']]],
  ],
];

for (const [name, edits, expected] of cases) {
  t.test(name, async (t) => {
    const copy = await copyContracts(t);
    const before = await loadCatalog(copy);
    await copy.edit(edits);
    t.same(lossesOf(before, await loadCatalog(copy)), expected);
  });
}

t.test('an agreement that is gone loses every service by name', async (t) => {
  const copy = await copyContracts(t);
  const before = await loadCatalog(copy);
  await rm(join(copy.directory, services));
  t.same(lossesOf(before, await loadCatalog(copy)), each('removed'));
});

t.test('of an agreement with an agency, a system that is no longer the agency’s loses all', async (t) => {
  const second = `  - system: G12.kho
    name: { vi: Hệ thống thứ hai, en: Second system }
`;
  const copy = await copyContracts(t, {
    [services]: replace('consumer: G12.thue', 'consumer: G12'),
    'contracts/agencies/G12-finance.yaml': (text) => `${text.trimEnd()}\n${second}`,
  });
  const before = await loadCatalog(copy);
  await copy.edit({ 'contracts/agencies/G12-finance.yaml': replace(second, '') });
  t.same(lossesOf(before, await loadCatalog(copy)), each('narrowed', ['G12.kho']));
});

async function withKeys(t: Parameters<typeof copyContracts>[0], ...systems: string[]) {
  const copy = await copyContracts(t);
  const clientKeysDir = join(copy.directory, 'keys');
  await mkdir(clientKeysDir);
  const { publicJwk } = await generateKey();
  const write = (system: string) =>
    writeFile(join(clientKeysDir, `${system}.jwks.json`), JSON.stringify({ keys: [publicJwk] }));
  for (const system of systems) await write(system);
  return { directories: { ...copy, clientKeysDir }, clientKeysDir };
}

const everyone = ['G01.dancu', 'G12.dkkd', 'G12.thue', 'G13.datdai', 'G22.giamsat', 'H26.motcua', 'H29.thu'];

t.test('a system whose last key goes loses all that it was granted', async (t) => {
  const { directories, clientKeysDir } = await withKeys(t, ...everyone);
  const before = await loadCatalog(directories);
  await rm(join(clientKeysDir, 'G12.thue.jwks.json'));
  t.same(lossesOf(before, await loadCatalog(directories)), [...each('narrowed'), ...read]);
});

t.test('a key set in other letters, or elsewhere, is an error while its system has none', async (t) => {
  const { directories, clientKeysDir } = await withKeys(t, ...everyone);
  const messages = async () =>
    (await findingsIn(directories)).map(({ file, message }) => `${file}: ${message}`);
  const why = 'is not read, and G12.thue has no key: name it client-keys/G12.thue.jwks.json';
  t.same(await messages(), []);
  await mkdir(join(clientKeysDir, 'old'));
  for (const name of ['g12.thue.jwks.json', 'old/G12.thue.jwks.json']) {
    await rename(join(clientKeysDir, 'G12.thue.jwks.json'), join(clientKeysDir, name));
    t.same(await messages(), [`client-keys/${name}: ${why}`]);
    await rename(join(clientKeysDir, name), join(clientKeysDir, 'G12.thue.jwks.json'));
  }
  await writeFile(join(clientKeysDir, 'old/G12.thue.jwks.json'), '{"keys":[]}');
  t.same(await messages(), [], 'beside the one that is read it is left over');
  await rm(join(clientKeysDir, 'old/G12.thue.jwks.json'));
  await rename(join(clientKeysDir, 'G12.thue.jwks.json'), join(clientKeysDir, 'G12.thue-cu.jwks.json'));
  t.same(
    await messages(),
    [],
    'one of a system that is not there is left over; who loses its key is announced',
  );
});
