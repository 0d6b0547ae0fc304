/** docs/agreements.md: its example is taken, its commands print what stands there, its answer is one of the gateway's. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import t, { type Test } from 'tap';
import { loadCatalog } from '../../gateway/catalog/live/load.ts';
import { main } from '../../gateway/cli.ts';
import { ownServicesSchema } from '../../gateway/directory/schemas.ts';
import { copyContracts } from '../support/contracts.ts';
import { type Block, blocksOf } from './support/markdown.ts';

const blocks = await blocksOf('docs/agreements.md');

function block(language: string, name: string): Block {
  const found = blocks.find((one) => one.language === language && one.words[0] === name);
  if (!found) throw new Error(`docs/agreements.md has no ${language} ${name}`);
  return found;
}

/** Runs a command of the document. @returns exit status and what it printed */
async function run(test: Test, name: string, replace: Readonly<Record<string, string>> = {}) {
  const [program, ...args] = block('sh', name).text.trim().split(' ');
  test.equal(program, 'lienthong');
  const printed = test.capture(console, 'log').args;
  const status = await main(args.map((word) => replace[word] ?? word));
  return { status, text: printed().flat().join('\n') };
}

t.test('the agreement, beside all others', async (t) => {
  const agency = {
    agency: 'H48',
    name: { vi: 'Đà Nẵng', en: 'Đà Nẵng' },
    systems: [{ system: 'H48.quyhoach', name: { vi: 'Quy hoạch', en: 'Planning' } }],
  };
  const copy = await copyContracts(t, {
    'contracts/agencies/H48.yaml': () => JSON.stringify(agency),
    'contracts/agreements/H48.yaml': () => block('yaml', 'agreement').text,
  });
  const catalog = await loadCatalog(copy);
  const [grant] = catalog.grants.get('H48.quyhoach')!.get('land.parcel.lookup@1')!;
  t.ok(grant!.fields.disclosed.includes('/landUses/*/purposeCode'), 'an object grants its leaves');
  t.ok(grant!.fields.withheld.includes('/owners/*/fullName'));
  t.equal(catalog.feeds.get('H48.quyhoach')!.get('land')!.length, 1);
});

t.test('check', async (t) => {
  const { status, text } = await run(t, 'check');
  t.match([status, text], [0, /^ok: /]);
});

t.test('diff', async (t) => {
  const copy = await copyContracts(t, {
    'contracts/agreements/H26-motcua-one-stop-desk.yaml': (text) => text.replace(', /birthDate', ''),
    'contracts/agreements/G12-thue-tax.yaml': (text) =>
      text.replace('1000000', '500000').replace('2028-12-31', '2029-12-31'),
  });
  const { status, text } = await run(t, 'diff', { NEW: copy.contractsDir });
  t.equal(text, block('text', 'diff').text.trimEnd());
  t.equal(status, 1);
});

t.test('explain', async (t) => {
  const { status, text } = await run(t, 'explain');
  t.equal(text, block('text', 'explain').text.trimEnd());
  t.equal(status, 1);
});

t.test('the answer of GET /v1/catalog/services', (t) => {
  const { content } = ownServicesSchema.response[200]!;
  const validate = new Ajv2020({ strict: false, allErrors: true }).compile(
    content!['application/json']!.schema,
  );
  t.ok(validate(JSON.parse(block('json', 'services').text)), { errors: validate.errors });
  t.end();
});
