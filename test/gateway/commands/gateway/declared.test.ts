/** Every command that asks under an agreement can send what an agreement may require. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import { openGateway } from '../../../../docs/examples/keep-a-copy/gateway.ts';
import { declared } from '../../../../gateway/commands/gateway/declared.ts';
import { startTestGateway } from '../../../support/gateway.ts';
import { startNode } from '../../../support/process.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const script = join(ROOT, 'gateway/lienthong.js');
const [enterpriseCode] = samples().enterprises.present;
const all = {
  purposes: ['thu'],
  requiredHeaders: ['X-Purpose', 'X-Case-Id', 'X-Officer-Id'],
  services: [{ service: 'business.enterprise.lookup@1', revision: 1, fields: ['/name'] }],
  streams: [{ stream: 'business.changes.read', entity: 'enterprise', revision: 1, fields: ['/name'] }],
};
const gateway = await startTestGateway(t, {
  agreements: [
    { agreement: 'TT-KY', consumer: 'H30.ky', ...all, signatures: { requests: 'required' } },
    { agreement: 'TT-KHAI', consumer: 'H30.khai', ...all },
  ],
});
const values: Readonly<Record<keyof typeof declared, string>> = {
  purpose: 'thu',
  case: 'H29.01-261130-0001',
  officer: 'CB002',
};
const options = Object.keys(declared) as (keyof typeof declared)[];

const keys = t.testdir({
  signing: JSON.stringify(await gateway.privateKey('H30.ky')),
  declaring: JSON.stringify(await gateway.privateKey('H30.khai')),
});
const { href } = new URL(gateway.publicUrl);

/** With an option of each declaration but those that are left out. */
async function run(command: readonly string[], { without = '', sign = true } = {}) {
  const said = options.filter((option) => option !== without).flatMap((name) => [`--${name}`, values[name]]);
  const child = startNode(t, [
    ...[script, ...command, '--url', href, '--system', 'H30.ky', '--key', join(keys, 'signing')],
    ...[...said, ...(sign ? ['--sign'] : [])],
  ]);
  const { code } = await child.ended;
  return { code, output: child.output };
}

const commands: Readonly<Record<string, readonly string[]>> = {
  call: ['call', 'business.enterprise.lookup', JSON.stringify({ enterpriseCode })],
  'changes tail': ['changes', 'tail', '--registry', 'business', '--once'],
};

t.test('an agreement can require no header that has no option', async (t) => {
  const schema = JSON.parse(await readFile(join(ROOT, 'schemas/catalog/agreement.schema.json'), 'utf8'));
  const headers: string[] = schema.properties.requiredHeaders.items.enum;
  t.strictSame(headers.map((name) => name.toLowerCase()).sort(), Object.values(declared).sort());
});

for (const [name, command] of Object.entries(commands)) {
  t.test(`${name}: with all that is required, and with less`, async (t) => {
    t.match(await run(command), { code: 0 });
    for (const without of options) {
      const { code, output } = await run(command, { without });
      t.not(code, 0);
      t.match(output, declared[without] === 'x-purpose' ? /purpose/i : /header_required|header/i, without);
    }
    const unsigned = await run(command, { sign: false });
    t.not(unsigned.code, 0);
    t.match(unsigned.output, /signature_missing/);
  });
}

t.test('the example that keeps a copy declares as much', async (t) => {
  const keyFile = join(keys, 'declaring');
  const open = (declarations: Readonly<Record<string, string | undefined>>) =>
    openGateway({
      url: gateway.publicUrl,
      client: 'H30.khai',
      keyFile,
      declared: declarations,
      log: () => {},
    });
  const { signal } = new AbortController();
  const path = '/v1/changes/business?limit=1';
  const headers = Object.fromEntries(options.map((option) => [declared[option], values[option]]));
  t.equal((await (await open(headers)).get(path, signal)).status, 200);
  for (const name of Object.values(declared)) {
    await t.rejects((await open({ ...headers, [name]: undefined })).get(path, signal), / 4\d\d /, name);
  }
  const source = await readFile(join(ROOT, 'docs/examples/keep-a-copy.ts'), 'utf8');
  for (const name of Object.values(declared)) t.match(source, `'${name}'`);
});
