/** Two versions of a service side by side, the second of which breaks the first: each is answered by its own contract. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { parse, stringify } from 'yaml';
import type { Adapter, CallContext, RegistryAnswer } from '../../../adapters/adapter.ts';
import { refused } from '../../support/answer.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { startNode } from '../../support/process.ts';
import { layOut, type Setting } from '../../support/setting.ts';

const LOOKUP = 'population.person.lookup';
const SYSTEM = 'H97.phienban';
const script = fileURLToPath(new URL('../../../gateway/lienthong.js', import.meta.url));

interface Contract {
  service: string;
  version: number;
  path: string;
  response: string;
  examples?: readonly { readonly request: { readonly personalId: string }; readonly response: object }[];
  checks?: object;
}

/** The second version answers something else: whether there is such a person. */
async function writeSecondVersion(contractsDir: string): Promise<Contract> {
  const services = join(contractsDir, 'services');
  const first = parse(await readFile(join(services, `${LOOKUP}.v1.yaml`), 'utf8')) as Contract;
  const { checks: _, examples: __, ...second } = first;
  const contract = {
    ...second,
    version: 2,
    path: second.path.replace('/v1/', '/v2/'),
    request: 'person-verify.request.schema.json',
    response: 'person-verify.response.schema.json',
  };
  await writeFile(join(services, `${LOOKUP}.v2.yaml`), stringify(contract));
  return first;
}

async function addAgreement(contractsDir: string, number: string, services: object[], more: object = {}) {
  const file = {
    agreement: number,
    title: { vi: number, en: number },
    consumer: SYSTEM,
    purposes: ['thu-nghiem'],
    legalBasis: ['Nghị định 278/2025/NĐ-CP'],
    validFrom: '2026-01-01',
    validUntil: '2099-12-31',
    requiredHeaders: [],
    services,
    ...more,
  };
  await writeFile(join(contractsDir, 'agreements', `${number}.yaml`), JSON.stringify(file));
}

/** Where its public address leads to: tokens are got there. */
const portsOf = ({ variables: { PORT = '', OPERATIONS_PORT = '' } }: Setting) => ({ PORT, OPERATIONS_PORT });

async function world(t: Test, agreed: readonly (1 | 2)[] = [1, 2]) {
  const setting = await layOut(t, { systems: [SYSTEM] });
  const contractsDir = setting.variables.CONTRACTS_DIR!;
  const { examples = [] } = await writeSecondVersion(contractsDir);
  const { request, response } = examples[1]!;
  const services = {
    1: { service: `${LOOKUP}@1`, fields: ['/sex', '/fullName', '/birthDate'] },
    2: { service: `${LOOKUP}@2`, fields: ['/match'] },
  };
  if (agreed.length > 0)
    await addAgreement(
      contractsDir,
      'TT-PB-1',
      agreed.map((version) => services[version]),
    );
  const asked: string[] = [];
  const answer =
    (version: string, data: object) =>
    async (_request: never, call: CallContext): Promise<RegistryAnswer> => {
      asked.push(`${version} ${call.system}`);
      return { found: true, data };
    };
  const adapter: Adapter = {
    registry: 'population',
    operations: {
      [`${LOOKUP}@1`]: answer('1', response),
      [`${LOOKUP}@2`]: answer('2', { match: true }),
      'population.person.verify@1': answer('verify', { match: true }),
    },
    writes: {
      'population.residence.register@1': {
        deduplicates: false,
        perform: async () => ({ state: 'rejected', reason: 'request_rejected' }),
        outcome: async () => ({ state: 'unknown' }),
      },
    },
    upstreams: () => [],
    probe: async () => {},
    close: async () => {},
  };
  return { setting, contractsDir, asked, adapter, request, answers: response };
}

t.test('each version is served as its contract says', async (t) => {
  const { setting, adapter, asked, request } = await world(t);
  const gateway = await startTestGateway(t, { setting, adapters: [adapter], variables: portsOf(setting) });
  const authorization = `Bearer ${await gateway.token(SYSTEM)}`;
  const ask = (version: number) =>
    gateway.send(`/v${version}/population/persons/lookup`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
  const [first, second] = [await ask(1), await ask(2)];
  t.match(first, { status: 200, body: { data: { sex: /^(fe)?male$/ } } });
  t.match(second, { status: 200, body: { data: { match: true } } });
  t.same(
    Object.keys(first.body.data as object).sort(),
    ['birthDate', 'fullName', 'sex'],
    'minimised by the grant of its version',
  );
  t.same(asked, [`1 ${SYSTEM}`, `2 ${SYSTEM}`], 'by two operations');
  for (const [answer, key] of [
    [first, `${LOOKUP}@1`],
    [second, `${LOOKUP}@2`],
  ] as const) {
    const [row] = await gateway.evidence(answer.headers['x-request-id']);
    t.match(row, { kind: 'disclosure', service: key, agreement: 'TT-PB-1' });
    t.equal(row!.subjects.length, 1, `${key}: the person who was asked about`);
    t.match((await gateway.operations('/metrics')).text, `service="${key}"`);
  }
  const document = JSON.parse((await gateway.send('/openapi.json')).text) as {
    paths: Record<string, { post?: { operationId?: string } }>;
  };
  t.equal(document.paths['/v1/population/persons/lookup']?.post?.operationId, `${LOOKUP}.v1`);
  t.equal(document.paths['/v2/population/persons/lookup']?.post?.operationId, `${LOOKUP}.v2`);
  const own = await gateway.send('/v1/catalog/services', { headers: { authorization } });
  const { services } = own.body.data as {
    services: { service: string; version: number; allowed: boolean }[];
  };
  t.same(
    services.filter(({ service }) => service === LOOKUP).map(({ version, allowed }) => [version, allowed]),
    [
      [1, true],
      [2, true],
    ],
  );
  const token = JSON.parse(
    Buffer.from((await gateway.token(SYSTEM)).split('.')[1]!, 'base64url').toString(),
  ) as { scope: string };
  t.same(
    token.scope.split(' ').filter((name) => name.startsWith(LOOKUP)),
    [LOOKUP],
    'one scope for both',
  );
});

t.test('an agreement is of the version that it names', async (t) => {
  const { setting, adapter, request, asked } = await world(t, [1]);
  const gateway = await startTestGateway(t, { setting, adapters: [adapter], variables: portsOf(setting) });
  const answer = await gateway.send('/v2/population/persons/lookup', {
    method: 'POST',
    headers: { authorization: `Bearer ${await gateway.token(SYSTEM)}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  refused(t, answer, 403, 'no_agreement');
  t.same(asked, []);
});

t.test(
  'a version that the adapter does not know is an error of the catalogue, not of the first call',
  async (t) => {
    const { setting, contractsDir } = await world(t);
    const check = startNode(t, [script, 'check', '--contracts', contractsDir], { env: setting.variables });
    t.equal((await check.ended).code, 1);
    t.match(
      check.output,
      /services\/population\.person\.lookup\.v2\.yaml:\d+: the adapter of population has no operation population\.person\.lookup@2 \(it has population\.person\.lookup@1\)/,
    );
    await t.rejects(startTestGateway(t, { setting }), {
      name: 'CatalogError',
      message: /no operation .*lookup@2/,
    });
  },
);

t.test('nor does a reload let it in', async (t) => {
  const setting = await layOut(t, { systems: [SYSTEM] });
  const gateway = await startTestGateway(t, { setting });
  await writeSecondVersion(setting.variables.CONTRACTS_DIR!);
  t.match(await gateway.reload(), {
    outcome: 'refused',
    findings: [{ message: /no operation population\.person\.lookup@2/ }],
  });
});

t.test('records of an entity in another version than the adapter lists', async (t) => {
  const setting = await layOut(t, { systems: [SYSTEM] });
  const path = join(setting.variables.CONTRACTS_DIR!, 'services/business.changes.publish.v1.yaml');
  const text = await readFile(path, 'utf8');
  await writeFile(
    path,
    text.replace('subject: "{enterpriseCode}" }', 'subject: "{enterpriseCode}", version: 2 }'),
  );
  await t.rejects(startTestGateway(t, { setting }), {
    message: /the adapter of business does not give the records of enterprise@2 \(it has enterprise@1\)/,
  });
});

t.test('call and explain choose the same version', async (t) => {
  const cases: [name: string, agreed: readonly (1 | 2)[], more: object | undefined, chosen: number][] = [
    ['agreements for both', [1, 2], undefined, 2],
    ['an agreement for the first only', [1], undefined, 1],
    [
      'the second one only by an agreement that is over',
      [1],
      { services: [{ service: `${LOOKUP}@2`, fields: ['/match'] }], validUntil: '2026-01-02' },
      1,
    ],
    ['none at all', [], undefined, 2],
  ];
  for (const [name, agreed, more, chosen] of cases) {
    const { setting, contractsDir, adapter, request, asked } = await world(t, agreed);
    if (more) await addAgreement(contractsDir, 'TT-PB-2', [], more);
    const gateway = await startTestGateway(t, { setting, adapters: [adapter], variables: portsOf(setting) });
    const key = join(t.testdir(), `${SYSTEM}.jwk.json`);
    await writeFile(key, JSON.stringify(await gateway.privateKey(SYSTEM)));
    const run = async (...args: string[]) => {
      const child = startNode(t, [script, ...args], { env: setting.variables });
      await child.ended;
      return child.output;
    };
    const at = ['--url', gateway.url, '--system', SYSTEM, '--key', key];
    const explain = (service: string) => run('explain', '--system', SYSTEM, '--service', service);
    const call = (service: string) => run('call', service, JSON.stringify(request), ...at);

    t.match(await explain(LOOKUP), `→ ${LOOKUP}@${chosen},`, `${name}: explain`);
    const called = await call(LOOKUP);
    if (agreed.length > 0) {
      t.match(called, chosen === 2 ? '"match": true' : '"sex"', `${name}: call`);
      t.same(asked, [`${chosen} ${SYSTEM}`], name);
    } else t.match(called, '"no_agreement"');
    // Named, it is that one, whatever the agreements say.
    const other = chosen === 1 ? 2 : 1;
    t.match(await explain(`${LOOKUP}@${other}`), `→ ${LOOKUP}@${other},`, name);
    const named = await call(`${LOOKUP}@${other}`);
    const granted = agreed.includes(other);
    t.match(
      named,
      granted ? /HTTP 200/ : /"(no_agreement|agreement_expired)"/,
      `${name}: the other by its name`,
    );
    t.match(await call(`${LOOKUP}@9`), `no service ${LOOKUP}@9`);
    await gateway.close();
  }
});
