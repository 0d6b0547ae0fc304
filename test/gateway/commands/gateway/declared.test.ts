/** Every command that asks under an agreement can send what an agreement may require. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import { openGateway, readHeaders } from '../../../../docs/examples/keep-a-copy/gateway.ts';
import { circumstances, granted } from '../../../../gateway/circumstances/circumstances.ts';
import { startTestGateway } from '../../../support/gateway.ts';
import { startNode } from '../../../support/process.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const script = join(ROOT, 'gateway/lienthong.js');
const [enterpriseCode] = samples().enterprises.present;
const all = {
  purposes: ['thu'],
  requiredHeaders: circumstances.map(({ header }) => header),
  services: [{ service: 'business.enterprise.lookup@1', revision: 1, fields: ['/name'] }],
  streams: [{ stream: 'business.changes.read', entity: 'enterprise', revision: 1, fields: ['/name'] }],
};
const gateway = await startTestGateway(t, {
  agreements: [
    { agreement: 'TT-KY', consumer: 'H30.ky', ...all, signatures: { requests: 'required' } },
    { agreement: 'TT-KHAI', consumer: 'H30.khai', ...all },
  ],
});
/** By option: its field, and a value that the agreements take. */
const declared = circumstances.map((row) => ({ ...row, value: row === granted ? 'thu' : row.example }));

const keys = t.testdir({
  signing: JSON.stringify(await gateway.privateKey('H30.ky')),
  declaring: JSON.stringify(await gateway.privateKey('H30.khai')),
});
const { href } = new URL(gateway.publicUrl);

/** With an option of each declaration but those that are left out. */
async function run(command: readonly string[], { without = '', sign = true } = {}) {
  const said = declared.flatMap(({ option, value }) => (option === without ? [] : [`--${option}`, value]));
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

for (const [name, command] of Object.entries(commands)) {
  t.test(`${name}: with all that is required, and with less`, async (t) => {
    t.match(await run(command), { code: 0 });
    for (const { option: without, field } of declared) {
      const { code, output } = await run(command, { without });
      t.not(code, 0);
      t.match(output, field === granted.field ? /purpose/i : /header_required|header/i, without);
    }
    const unsigned = await run(command, { sign: false });
    t.not(unsigned.code, 0);
    t.match(unsigned.output, /signature_missing/);
  });
}

t.test('the example that keeps a copy declares as much', async (t) => {
  const keyFile = join(keys, 'declaring');
  const open = (declarations: Readonly<Record<string, string>>) =>
    openGateway({
      url: gateway.publicUrl,
      client: 'H30.khai',
      keyFile,
      declared: declarations,
      log: () => {},
    });
  const { signal } = new AbortController();
  const path = '/v1/changes/business?limit=1';
  const lines = declared.map(({ header, value }) => `${header}: ${value}`);
  const headers = readHeaders(lines);
  t.equal((await (await open(headers)).get(path, signal)).status, 200);
  for (const line of lines) {
    const others = readHeaders(lines.filter((other) => other !== line));
    await t.rejects((await open(others)).get(path, signal), / 4\d\d /, `without ${line}`);
  }
  for (const line of ['X-Purpose', 'X-Purpose:', ': x', '']) t.throws(() => readHeaders([line]), line);
});
