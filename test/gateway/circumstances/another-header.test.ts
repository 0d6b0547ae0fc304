/**
 * One more header that agreements may require is one more row of the table of circumstances, and a column for it. In a copy of
 * this project nothing else is written; the request flow, evidence, signatures, documents and the command line have the header.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import * as before from '../../../gateway/client/sign-request.ts';
import { refused } from '../../support/answer.ts';
import { startNode } from '../../support/process.ts';
import { copyProject } from '../../support/project-copy.ts';

const ROW = `{
    header: 'X-Test-Ground',
    member: 'testGround',
    column: 'test_ground',
    option: 'test-ground',
    argument: 'CODE',
    shape: /^[A-Z]{2}-[0-9]{1,6}$/,
    form: say('must be two letters, a hyphen and a number', 'phải gồm hai chữ cái, gạch nối và một số'),
    example: 'QD-42',
    about: { en: 'Decision on which the use rests', vi: 'Quyết định làm căn cứ' },
  },
`;
const view = /CREATE OR REPLACE VIEW evidence_entry AS[^;]*;/.exec(
  await readFile(new URL('../../../gateway/store/migrations/010-trust.sql', import.meta.url), 'utf8'),
)![0];
const MIGRATION = `ALTER TABLE evidence ADD COLUMN test_ground text;
${view.replace(/\n *FROM /, ', e.test_ground$&')}`;
const END_OF_ROWS = '] as const satisfies readonly Row[];';

const project = await copyProject(t, {
  'gateway/circumstances/circumstances.ts': (text) => text.replace(END_OF_ROWS, ROW + END_OF_ROWS),
  'gateway/store/migrations/999-test-ground.sql': () => MIGRATION,
  // As whoever adds a header shows it at /docs.
  'contracts/services/business.enterprise.lookup.v1.yaml': (text) =>
    text.replace('headers: { X-Purpose:', 'headers: { X-Test-Ground: QD-42, X-Purpose:'),
});
const load = <M>(path: string): Promise<M> => import(join(project, path));
const { startTestGateway } = await load<typeof import('../../support/gateway.ts')>('test/support/gateway.ts');
const after = await load<typeof before>('gateway/client/sign-request.ts');

const SYSTEM = 'H32.cancu';
const [enterpriseCode] = samples().enterprises.present;
const PATH = `/v1/business/enterprises/${enterpriseCode}`;
const gateway = await startTestGateway(t, {
  agreements: [
    {
      agreement: 'TT-CANCU',
      consumer: SYSTEM,
      purposes: ['thu-nghiem'],
      requiredHeaders: ['X-Purpose', 'X-Test-Ground'],
      signatures: { requests: 'required' },
      services: [{ service: 'business.enterprise.lookup@1', revision: 1, fields: ['/name'] }],
    },
  ],
});

/** A call that the client of before or after the change signs. */
async function call(ground: string | undefined, { signRequest, privateKeyOf } = after) {
  const headers = {
    authorization: `Bearer ${await gateway.token(SYSTEM)}`,
    'x-purpose': 'thu-nghiem',
    ...(ground !== undefined && { 'x-test-ground': ground }),
  };
  const request = { method: 'GET', url: gateway.publicUrl + PATH, headers, body: undefined };
  const signed = signRequest(request, privateKeyOf(await gateway.privateKey(SYSTEM)));
  return gateway.send(PATH, { headers: { ...headers, ...signed } });
}

t.test('the agreement requires it, in its shape', async (t) => {
  const missing = await call(undefined);
  refused(t, missing, 400, 'header_missing', 'without it');
  t.match(missing.body.errors, [{ header: 'x-test-ground' }]);
  const wrong = await call('QD42');
  refused(t, wrong, 400, 'header_invalid', 'in another shape');
  t.match(wrong.body.errors, [{ header: 'x-test-ground', detail: /^phải gồm hai chữ cái.*, ví dụ QD-42$/ }]);
});

t.test('evidence keeps it', async (t) => {
  const { status, headers } = await call('QD-7');
  t.equal(status, 200);
  const rows = await gateway.query('SELECT test_ground FROM evidence_entry WHERE request_id = $1', [
    headers['x-request-id'],
  ]);
  t.strictSame(rows, [{ test_ground: 'QD-7' }]);
});

t.test('signatures must cover it', async (t) => {
  const uncovered = await call('QD-7', before);
  refused(t, uncovered, 401, 'signature_invalid', 'a signature that leaves it out');
  t.match(uncovered.headers['accept-signature'], '"x-test-ground"', 'the refusal says what to cover');
});

interface Parameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly example?: string;
}
interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly parameters?: readonly Parameter[] }>>>
  >;
  readonly components: { readonly parameters: Readonly<Record<string, object>> };
}

t.test('OpenAPI has it wherever it has the others', async (t) => {
  const document: Document = JSON.parse((await gateway.send('/openapi.json')).text);
  t.match(document.components.parameters.TestGround, {
    ...{ name: 'X-Test-Ground', in: 'header', description: 'Decision on which the use rests' },
    schema: { type: 'string', pattern: '^[A-Z]{2}-[0-9]{1,6}$' },
  });
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  const listed = operations.map(({ parameters = [] }) =>
    parameters.map(({ name, $ref }) => name ?? $ref!.split('/').at(-1)!),
  );
  const declaring = listed.filter((names) => names.includes('CaseId') || names.includes('X-Case-Id'));
  t.ok(declaring.length > 10);
  for (const names of declaring) t.ok(names.includes('TestGround') || names.includes('X-Test-Ground'));
  const tried = operations.flatMap(({ parameters = [] }) => parameters).filter(({ example }) => example);
  t.match(
    tried.filter(({ name }) => name === 'X-Test-Ground'),
    [{ example: 'QD-42' }],
    'filled in at /docs',
  );

  const translated: Document = JSON.parse((await gateway.send('/openapi.json?lang=vi')).text);
  t.match(translated.components.parameters.TestGround, { description: 'Quyết định làm căn cứ' });
});

/** A command of the copy. */
async function run(...args: readonly string[]) {
  const { CONTRACTS_DIR = '', CLIENT_KEYS_DIR = '' } = gateway.variables;
  const child = startNode(t, [join(project, 'gateway/lienthong.js'), ...args], {
    env: { CONTRACTS_DIR, CLIENT_KEYS_DIR },
  });
  const { code } = await child.ended;
  return { code, output: child.output };
}

t.test('explain asks for it, and takes it as an option', async (t) => {
  const service = 'business.enterprise.lookup';
  const asked = ['explain', '--system', SYSTEM, '--service', service, '--purpose', 'thu-nghiem'];
  t.match(await run(...asked), { code: 1, output: /header_missing[\s\S]*x-test-ground: is required/ });
  t.match(await run(...asked, '--test-ground', 'QD'), {
    code: 1,
    output: /x-test-ground: must be two letters/,
  });
  t.match(await run(...asked, '--test-ground', 'QD-7'), {
    code: 0,
    output: /ALLOWED by TT-CANCU[\s\S]*required headers X-Purpose, X-Test-Ground/,
  });
});

t.test('call sends it', async (t) => {
  const key = t.testdir({ 'key.json': JSON.stringify(await gateway.privateKey(SYSTEM)) });
  const asked = [
    ...['call', 'business.enterprise.lookup', JSON.stringify({ enterpriseCode })],
    ...['--system', SYSTEM, '--url', gateway.publicUrl, '--key', join(key, 'key.json'), '--sign'],
    ...['--purpose', 'thu-nghiem'],
  ];
  t.match(await run(...asked, '--test-ground', 'QD'), {
    code: 2,
    output: /--test-ground must be two letters/,
  });
  t.match(await run(...asked, '--test-ground', 'QD-7'), { code: 0, output: /HTTP 200/ });
  t.match(await run('call', '--help'), { output: /\[--test-ground CODE\]/ });
});
