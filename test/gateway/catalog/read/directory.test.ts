/** A file in the catalogue's directories is read, or it is an error with its name. */
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { openLiveCatalog } from '../../../../gateway/catalog/live/live.ts';
import { readSources } from '../../../../gateway/catalog/live/load.ts';
import { formatFinding } from '../../../../gateway/catalog/read/catalog-error.ts';
import { decodeText } from '../../../../gateway/catalog/read/utf8.ts';
import { type ContractsCopy, copyContracts, findingsIn } from '../../../support/contracts.ts';

const tax = 'contracts/agreements/G12-thue-tax.yaml';

const notRead = (name: string, here: string) =>
  new RegExp(`^${name}:1: is not read: here are ${here} alone; `);
const yaml = 'files named \\*\\.yaml';

t.test('a file that the loader does not take is an error with its name and a remedy', async (t) => {
  const cases: [what: string, make: (copy: ContractsCopy) => Promise<unknown>, expected: RegExp][] = [
    [
      'an agreement with another ending',
      ({ directory }) => rename(join(directory, tax), join(directory, tax.replace('.yaml', '.yml'))),
      /^agreements\/G12-thue-tax\.yml:1: is not read: .*; rename it to G12-thue-tax\.yaml, or move it out of the catalogue$/,
    ],
    ...[
      'A.YAML',
      'a.json',
      'a.yaml.bak',
      'a.yaml~',
      'a.yaml.orig',
      '.a.yaml.swp',
      '#a.yaml#',
      'a',
      '.yaml',
      'README.md',
      '4913',
    ].map((name): (typeof cases)[number] => [
      name,
      ({ contractsDir }) => writeFile(join(contractsDir, 'agreements', name), ''),
      notRead(`agreements/${name.replaceAll('.', '\\.')}`, yaml),
    ]),
    ...['services', 'agencies', 'issuers'].map((kind): (typeof cases)[number] => [
      `of ${kind}`,
      async ({ contractsDir }) => {
        await mkdir(join(contractsDir, kind), { recursive: true });
        await writeFile(join(contractsDir, kind, 'x.yml'), '');
      },
      new RegExp(`^${kind}/x\\.yml:1: is not read: .*; rename it to x\\.yaml`),
    ]),
    [
      'a directory of agreements',
      async ({ contractsDir }) => {
        await mkdir(join(contractsDir, 'agreements/2027'));
        await writeFile(join(contractsDir, 'agreements/2027/x.yaml'), '');
      },
      notRead('agreements/2027', yaml),
    ],
    [
      'a directory with a misspelt name',
      ({ contractsDir }) => mkdir(join(contractsDir, 'agreement')),
      notRead('agreement', 'the directories services, agencies, agreements, issuers'),
    ],
    [
      'an agreement beside the directories',
      ({ contractsDir }) => writeFile(join(contractsDir, 'tax.yaml'), ''),
      notRead('tax\\.yaml', 'the directories .*'),
    ],
    [
      'a schema with another ending',
      ({ schemasDir }) => writeFile(join(schemasDir, 'birth.json'), '{}'),
      /^schemas\/birth\.json:1: is not read: .*; rename it to birth\.schema\.json/,
    ],
    [
      'a schema of the catalogue with another ending',
      ({ schemasDir }) => writeFile(join(schemasDir, 'catalog/x.json'), '{}'),
      /^schemas\/catalog\/x\.json:1: is not read/,
    ],
    [
      'a directory of schemas',
      ({ schemasDir }) => mkdir(join(schemasDir, 'civil-status')),
      /^schemas\/civil-status:1: is not read/,
    ],
    [
      'a link to nowhere',
      ({ contractsDir }) => symlink('/nowhere/x.yaml', join(contractsDir, 'agreements/x.yaml')),
      /^agreements\/x\.yaml:1: leads nowhere$/,
    ],
    [
      'a link to itself',
      ({ contractsDir }) => symlink('x.yaml', join(contractsDir, 'agreements/x.yaml')),
      /^agreements\/x\.yaml:1: is a link that leads in circles$/,
    ],
    [
      'a directory that is named like a file',
      ({ contractsDir }) => mkdir(join(contractsDir, 'agreements/x.yaml')),
      /^agreements\/x\.yaml:1: is a directory, and only files are read here$/,
    ],
    [
      'a device',
      ({ contractsDir }) => symlink('/dev/zero', join(contractsDir, 'agreements/x.yaml')),
      /^agreements\/x\.yaml:1: is no regular file$/,
    ],
    [
      'two names that are one elsewhere',
      ({ contractsDir }) => writeFile(join(contractsDir, 'agencies/h26-HANOI.yaml'), ''),
      /^agencies\/h26-HANOI\.yaml:1: has the name of H26-hanoi\.yaml but for case or accents/,
    ],
    [
      'an empty file',
      ({ contractsDir }) => writeFile(join(contractsDir, 'agreements/x.yaml'), ''),
      /^agreements\/x\.yaml:1: .*empty/,
    ],
    [
      'two documents in one file',
      ({ edit }) => edit({ [tax]: (text) => `${text}---\n${text}` }),
      /^agreements\/G12-thue-tax\.yaml:\d+: .*documents/,
    ],
    [
      'a schema that is no object',
      ({ schemasDir }) => writeFile(join(schemasDir, 'x.schema.json'), '[]'),
      /^schemas\/x\.schema\.json:1: a schema is an object/,
    ],
    [
      'a schema of nothing',
      ({ schemasDir }) => writeFile(join(schemasDir, 'x.schema.json'), 'null'),
      /^schemas\/x\.schema\.json:1: a schema is an object/,
    ],
  ];
  for (const [what, make, expected] of cases) {
    const copy = await copyContracts(t);
    await make(copy);
    const found = (await findingsIn(copy)).map(formatFinding);
    t.ok(
      found.some((line) => expected.test(line)),
      `${what}: ${found.join('; ')}`,
    );
  }
});

t.test('a file of a volume, of git or of a desktop is no agreement', async (t) => {
  const copy = await copyContracts(t);
  const agreements = join(copy.contractsDir, 'agreements');
  // As Kubernetes mounts a ConfigMap: files are links through `..data`.
  const version = '..2026_11_29_05_10_00.123456789';
  await mkdir(join(agreements, version));
  await rename(join(copy.directory, tax), join(agreements, version, 'G12-thue-tax.yaml'));
  await symlink(version, join(agreements, '..data'));
  await symlink('..data/G12-thue-tax.yaml', join(copy.directory, tax));
  for (const name of ['.gitkeep', '.gitignore', '.DS_Store']) await writeFile(join(agreements, name), '');
  for (const name of ['.git', 'lost+found']) await mkdir(join(copy.contractsDir, name));
  t.same(await findingsIn(copy), []);
  const { agreements: files } = await readSources(copy);
  t.ok(
    files.some(
      ({ file, text }) => file === 'agreements/G12-thue-tax.yaml' && text.includes('TT-2026-G12-01'),
    ),
  );
  await writeFile(join(agreements, '..tax.yaml.old'), '');
  t.match((await findingsIn(copy)).map(formatFinding), [/^agreements\/\.\.tax\.yaml\.old:1: is not read/]);
});

t.test('a file that is named like a volume of Kubernetes is a file', async (t) => {
  const copy = await copyContracts(t);
  const agreements = join(copy.contractsDir, 'agreements');
  await rename(join(copy.directory, tax), join(agreements, '..2026_G12-thue-tax.yaml'));
  const read = async () => (await readSources(copy)).agreements.map(({ file }) => file);
  t.ok((await read()).includes('agreements/..2026_G12-thue-tax.yaml'), 'it is read as any agreement');
  t.same(await findingsIn(copy), []);
  await symlink('..2026_G12-thue-tax.yaml', join(agreements, '..2027_tax'));
  for (const name of ['..data', '..data_tmp', '..2026_G12-thue-tax.yml'])
    await writeFile(join(agreements, name), '');
  t.match((await findingsIn(copy)).map(formatFinding), [
    /^agreements\/\.\.2026_G12-thue-tax\.yml:1: is not read/,
    /^agreements\/\.\.2027_tax:1: is not read/,
    /^agreements\/\.\.data:1: is not read/,
    /^agreements\/\.\.data_tmp:1: is not read/,
  ]);
});

t.test('of delivered keys, too; other directories there are somebody else’s', async (t) => {
  const copy = await copyContracts(t);
  const clientKeysDir = await mkdtemp(join(tmpdir(), 'lienthong-keys-'));
  t.teardown(() => rm(clientKeysDir, { recursive: true, force: true }));
  await mkdir(join(clientKeysDir, 'archive'));
  t.same(await findingsIn({ ...copy, clientKeysDir }), []);
  await writeFile(join(clientKeysDir, 'H26.motcua.jwk.json'), '{}');
  await writeFile(join(clientKeysDir, 'H29.thu.jwks.json'), Buffer.from([0x7b, 0xff]));
  t.match((await findingsIn({ ...copy, clientKeysDir })).map(formatFinding), [
    /^client-keys\/H26\.motcua\.jwk\.json:1: is not read: here are files named \*\.jwks\.json alone; move it/,
    /^client-keys\/H29\.thu\.jwks\.json:1: is not UTF-8: 0xff at byte 1/,
  ]);
});

t.test(
  'an agreement that is renamed while the gateway runs ends nothing: the old catalogue stays',
  async (t) => {
    const copy = await copyContracts(t);
    const live = await openLiveCatalog({ read: () => readSources(copy), log: pino({ level: 'silent' }) });
    const before = live.current();
    await rename(join(copy.directory, tax), join(copy.directory, `${tax}.off`));
    t.match(await live.reload('test'), {
      outcome: 'refused',
      findings: [{ file: 'agreements/G12-thue-tax.yaml.off' }],
    });
    t.equal(live.current(), before);
    t.ok(live.current().agreements.has('TT-2026-G12-01'));
    await rm(join(copy.directory, `${tax}.off`));
    t.match(await live.reload('test'), { outcome: 'swapped' }, 'removing it is what ends it');
    t.notOk(live.current().agreements.has('TT-2026-G12-01'));
    await live.close();
  },
);

t.test('files are UTF-8', async (t) => {
  const agency = 'contracts/agencies/H26-hanoi.yaml';
  const cases: [what: string, path: string, bytes: (text: string) => Buffer, expected: RegExp][] = [
    [
      'windows-1258, as Vietnamese systems wrote it',
      agency,
      (text) => Buffer.from(text.replace('Hà Nội', 'H\u00e0 N\u00f4i'), 'latin1'),
      /^agencies\/H26-hanoi\.yaml:\d+: is not UTF-8: 0x[0-9a-f]{2} at byte \d+; save it as UTF-8$/,
    ],
    [
      'UTF-16',
      agency,
      (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
      /is not UTF-8: 0xff at byte 0, as UTF-16 begins/,
    ],
    [
      'damaged before',
      agency,
      (text) => Buffer.from(text.replace('Hà Nội', 'H\ufffd Nội')),
      /^agencies\/H26-hanoi\.yaml:\d+: holds U\+FFFD at byte \d+/,
    ],
    [
      'a schema',
      'schemas/person.schema.json',
      (text) => Buffer.from(text.replace('quê quán', 'qu\u00ea'), 'latin1'),
      /^schemas\/person\.schema\.json:\d+: is not UTF-8: 0x[0-9a-f]{2} at byte \d+/,
    ],
  ];
  for (const [what, path, bytes, expected] of cases) {
    const copy = await copyContracts(t);
    await writeFile(join(copy.directory, path), bytes(await readFile(join(copy.directory, path), 'utf8')));
    const found = (await findingsIn(copy)).map(formatFinding);
    t.ok(found[0] && expected.test(found[0]), `${what}: ${found.join('; ')}`);
  }

  const copy = await copyContracts(t, {
    [agency]: (text) => `\ufeff${text}`,
    'schemas/person.schema.json': (text) => `\ufeff${text}`,
  });
  t.same(await findingsIn(copy), [], 'a byte order mark is no part of the text');

  for (const [bytes, byte] of [
    [[0x61, 0x80], 1],
    [[0xc3], 0],
    [[0xe1, 0xbb, 0x99, 0xe1, 0xbb], 3],
    [[0xed, 0xa0, 0x80], 0],
    [[0xf0, 0x9f, 0x98, 0x80, 0xf8], 4],
    [[0xc0, 0xaf], 0],
  ] as const)
    t.match(decodeText(Buffer.from(bytes)), { line: 1, message: `at byte ${byte}` }, bytes.join());
  t.match(decodeText(Buffer.from('a: 1\nb: \xe0', 'latin1')), { line: 2, message: 'byte 8' });
});
