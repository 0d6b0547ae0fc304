/** docs/copies.md: its examples are computed, by the gateway's code and by the example program's. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import t from 'tap';
import * as example from '../../docs/examples/keep-a-copy/digest.ts';
import { loadCatalog } from '../../gateway/catalog/live/load.ts';
import { hashRange, hashRow, inOrder } from '../../gateway/copies/merkle.ts';
import { digestSchema } from '../../gateway/exchange/schemas/digest.ts';
import { snapshotSchema } from '../../gateway/exchange/schemas/snapshot.ts';
import type { RouteSchema } from '../../gateway/operation/route-schema.ts';
import { canonicalise } from '../../gateway/wire/canonical-json.ts';
import { startProcess } from '../support/process.ts';
import { blocksOf, ROOT } from './support/markdown.ts';

const blocks = await blocksOf('docs/copies.md');
const textOf = (word: string) => blocks.find(({ words }) => words[0] === word)!.text.trim();

t.test('the row, the group and the branch', async (t) => {
  const { subject, state } = JSON.parse(textOf('row'));
  t.equal(canonicalise({ subject, state }), textOf('canonical'));
  const hash = hashRow(subject, state);
  t.equal(hash.toString('hex'), textOf('row-hash'));
  t.equal(hashRange([{ subject, version: 7, hash }], 0).toString('hex'), textOf('group-hash'));

  const many = Array.from({ length: 65 }, (_, n) => ({
    subject: createHash('sha256').update(String(n)).digest('base64url').slice(0, 32),
    version: 1,
    state: { n },
  }));
  const hashed = inOrder(many.map((row) => ({ ...row, hash: hashRow(row.subject, row.state) })));
  t.equal(hashRange(hashed, 0).toString('hex'), textOf('branch-hash'));
});

t.test('the example program computes the same', async (t) => {
  const { subject, state } = JSON.parse(textOf('row'));
  t.equal(example.canonical({ subject, state }), textOf('canonical'));
  const rows = example.hashRows([{ subject, state }]);
  t.equal(rows[0]!.hash.toString('hex'), textOf('row-hash'));
  t.equal(example.hashRange(rows, 0).toString('hex'), textOf('group-hash'));
});

t.test('lines and answers are as /openapi.json describes them', async (t) => {
  const catalog = await loadCatalog({
    contractsDir: join(ROOT, 'contracts'),
    schemasDir: join(ROOT, 'schemas'),
  });
  const entity = catalog.streams.get('business.changes.read')!.entities.get('enterprise')!;
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const compile = ({ response }: RouteSchema, type: string) => {
    const { schema } = response[200]!.content![type]!;
    // What the fields of a record are is in the document's components: not of interest here.
    return ajv.compile(JSON.parse(JSON.stringify(schema).replace(/\{"\$ref":"[^"]*"\}/g, '{}')));
  };
  const isLine = compile(snapshotSchema(entity), 'application/x-ndjson');
  for (const line of textOf('lines').split('\n')) t.ok(isLine(JSON.parse(line)), line.slice(0, 40));
  const isDigest = compile(digestSchema(entity), 'application/json');
  t.ok(isDigest(JSON.parse(textOf('digest'))), { errors: isDigest.errors });
});

t.test('the example starts as the page says, whatever Node is first on the path', async (t) => {
  const [command = ''] = blocks
    .filter(({ language }) => language === 'sh')
    .map(({ text }) => / *(.*docs\/examples\/keep-a-copy\.ts)/.exec(text)?.[1] ?? '')
    .filter(Boolean);
  // As in a shell of one's own: without what npm puts first. On many machines `node` is older than the example needs.
  const path = (process.env.PATH ?? '').split(delimiter).filter((one) => !one.endsWith('node_modules/.bin'));
  const shell = startProcess(t, 'sh', ['-c', command], { cwd: ROOT, env: { PATH: path.join(delimiter) } });
  t.match(await shell.ended, { code: 1 });
  t.match(
    shell.output,
    /^Error: --registry, --entity, --gateway, --client, --key and --database are needed/m,
  );
});

t.test('the example knows nothing of the gateway’s code', async (t) => {
  const files = [
    'keep-a-copy.ts',
    ...['check', 'digest', 'feed', 'gateway', 'kafka', 'snapshot', 'table'].map(
      (name) => `keep-a-copy/${name}.ts`,
    ),
  ];
  for (const file of files) {
    const source = await readFile(join(ROOT, 'docs/examples', file), 'utf8');
    const imports = [...source.matchAll(/from '([^']+)'/g)];
    t.ok(imports.length > 0, file);
    for (const [, from] of imports) {
      t.match(from, /^(node:|\.\/|pg$|kafkajs$|jose$|openid-client$)/, `${file}: ${from}`);
    }
  }
});
