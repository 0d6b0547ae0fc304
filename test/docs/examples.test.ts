/** The examples of docs/agencies/ and docs/providers.md are what the gateway takes and gives. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t, { type Test } from 'tap';
import type { Catalog } from '../../gateway/catalog/catalog.ts';
import { loadCatalog } from '../../gateway/catalog/live/load.ts';
import { addFormats } from '../../gateway/catalog/vocabulary/vocabulary.ts';
import { checkBatch } from '../../gateway/changes/intake/check.ts';
import { openApiOf } from '../support/documents.ts';
import { type Block, blocksOf, blocksOfPages, ROOT, readDocument, tableOf } from './support/markdown.ts';

const agencies = await blocksOfPages('docs/agencies.md');
const providers = await blocksOf('docs/providers.md');

t.test('the agency and its agreement, beside all others', async (t) => {
  const contractsDir = await temporaryDirectory(t);
  await cp(join(ROOT, 'contracts'), contractsDir, { recursive: true });
  await writeFile(join(contractsDir, 'agencies/H48-da-nang.yaml'), blockOf(agencies, 'agency').text);
  await writeFile(join(contractsDir, 'agreements/H48-datdai.yaml'), blockOf(agencies, 'agreement').text);
  const catalog = await loadCatalog({ contractsDir, schemasDir: join(ROOT, 'schemas') });
  const [grant] = catalog.grants.get('H48.datdai')!.get('land.parcel.lookup@1')!;
  t.strictSame(grant!.scopeValues, { provinceCode: ['48'] });
  t.ok(catalog.streamGrants.some(({ systems }) => systems.includes('H48.datdai')));
  t.match(catalog.systems.get('H48.datdai')!.keys, { jwks: { keys: [{ kty: 'EC' }] } });
});

t.test('the table of services', async (t) => {
  const { services } = await ownCatalog();
  const called = [...services.values()].filter(({ kind }) => kind !== 'publish');
  const rows = tableOf(await readDocument('docs/agencies/call-a-service.md'), ['service', 'request', '']);
  t.strictSame(
    rows.map(([key, request]) => `${key} ${request}`).sort(),
    called.map(({ key, method, path }) => `${key} ${method} ${path}`).sort(),
  );
});

t.test('the event', async (t) => {
  const ajv = new Ajv2020({ strict: false, logger: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema(await openApiOf(await ownCatalog()), 'document');
  const validate = ajv.getSchema('document#/components/schemas/CloudEvent')!;
  t.ok(validate(JSON.parse(blockOf(agencies, 'event').text)), { errors: validate.errors });
});

t.test('the batch and its answer', async (t) => {
  const catalog = await ownCatalog();
  const request = blockOf(providers, 'request');
  const registry = request.words[1]!;
  const service = catalog.services.get(`${registry}.changes.publish@1`)!;
  const batch = JSON.parse(request.text);
  t.ok(service.validateRequest(batch), { errors: service.validateRequest.errors });
  const checked = checkBatch(catalog.streams.get(`${registry}.changes.read`)!, batch);
  const answer = JSON.parse(blockOf(providers, 'response').text);
  t.equal(checked.changes.length, answer.accepted);
  t.ok(service.validateResponse(answer), { errors: service.validateResponse.errors });
});

t.test('the table of entities', async (t) => {
  const { streams } = await ownCatalog();
  const rows = tableOf(await readDocument('docs/providers.md'), [
    'registry',
    'entity',
    'subject',
    'schema of `data`',
  ]);
  t.strictSame(
    rows.map(([registry, entity]) => `${registry} ${entity}`).sort(),
    [...streams.values()]
      .flatMap(({ registry, entities }) => [...entities.keys()].map((entity) => `${registry} ${entity}`))
      .sort(),
  );
});

function ownCatalog(): Promise<Catalog> {
  return loadCatalog({ contractsDir: join(ROOT, 'contracts'), schemasDir: join(ROOT, 'schemas') });
}

function blockOf(blocks: readonly Block[], word: string): Block {
  const found = blocks.find(({ words }) => words[0] === word);
  if (!found) throw new Error(`no block marked "${word}"`);
  return found;
}

async function temporaryDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-docs-'));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}
