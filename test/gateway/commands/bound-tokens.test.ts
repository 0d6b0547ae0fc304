/**
 * `lienthong token` and `lienthong call` for systems whose tokens must be bound to their sender, as an agency types them,
 * against a gateway that ends TLS.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { Agent, request } from 'undici';
import { freePort } from '../../../deploy/sandbox/processes/free-port.ts';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { makeAuthority, makeCertificate } from '../../support/certificates.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { startNode } from '../../support/process.ts';
import { layOut } from '../../support/setting.ts';

const script = fileURLToPath(new URL('../../../gateway/lienthong.js', import.meta.url));
const input = JSON.stringify({ enterpriseCode: samples().enterprises.present[0]! });
const SERVICE = 'business.enterprise.lookup';

const authority = makeAuthority('Clients');
const servers = makeAuthority('Servers');
const server = makeCertificate({ subject: [['CN', 'gateway']], san: [['ip', '127.0.0.1']] }, servers);
const own = makeCertificate({ subject: [['CN', 'K01.chungthu']] }, authority);
const other = makeCertificate({ subject: [['CN', 'K01.khac']] }, authority);

const systems = {
  'K01.khoa': { binding: 'dpop' },
  'K01.chungthu': {
    binding: 'mtls',
    certificate: { subjectDn: 'CN=K01.chungthu' },
    token_endpoint_auth_method: 'tls_client_auth',
  },
  'K01.cahai': { binding: 'mtls', certificate: { subjectDn: 'CN=K01.chungthu' } },
  'K01.tuychon': {},
};
const setting = await layOut(t, {
  contracts: systems,
  agreements: Object.keys(systems).map((consumer, index) => ({
    agreement: `TT-K01-0${index}`,
    consumer,
    services: [{ service: `${SERVICE}@1`, revision: 1, fields: ['/name'] }],
  })),
});

const directory = t.testdir();
const file = async (name: string, text: string) => {
  await writeFile(join(directory, name), text);
  return join(directory, name);
};
const files = {
  ca: await file('servers.pem', servers.pem),
  cert: await file('own.pem', own.pem),
  certKey: await file('own.key', own.keyPem),
  otherCert: await file('other.pem', other.pem),
  otherKey: await file('other.key', other.keyPem),
};
const keys = new Map<string, string>();
for (const system of Object.keys(systems)) {
  keys.set(system, await file(`${system}.jwk.json`, JSON.stringify(await setting.privateKey(system))));
}

const port = await freePort();
const publicUrl = `https://127.0.0.1:${port}`;
await startTestGateway(t, {
  setting,
  variables: {
    PORT: String(port),
    PUBLIC_URL: publicUrl,
    TLS_CERT_FILE: await file('server.pem', server.pem),
    TLS_KEY_FILE: await file('server.key', server.keyPem),
    TLS_CLIENT_CA_FILE: await file('clients.pem', authority.pem),
  },
});

async function lienthong(t: Test, ...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = startNode(t, [script, ...args, '--url', publicUrl]);
  const { code } = await child.ended;
  return { code, output: child.output };
}

const at = (system: string) => ['--system', system, '--key', keys.get(system)!, '--ca', files.ca];
const call = (t: Test, ...options: string[]) =>
  lienthong(t, 'call', SERVICE, input, '--purpose', 'thu-nghiem', ...options);

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    cnf?: { jkt?: string; 'x5t#S256'?: string };
  };

t.test('a system that must bind its tokens to a key: without an option', async (t) => {
  t.match(await call(t, ...at('K01.khoa')), { code: 0, output: /^HTTP 200[\s\S]*"name":/ });
  const { code, output } = await lienthong(t, 'token', ...at('K01.khoa'));
  t.equal(code, 0);
  t.match(
    claimsOf(output),
    { cnf: { jkt: (await setting.privateKey('K01.khoa')).kid } },
    'bound to its own key',
  );
});

t.test('a system that may: with --dpop', async (t) => {
  t.same(claimsOf((await lienthong(t, 'token', ...at('K01.tuychon'))).output).cnf, undefined);
  const { output } = await lienthong(t, 'token', ...at('K01.tuychon'), '--dpop');
  t.match(claimsOf(output), { cnf: { jkt: /^[\w-]{43}$/ } });
  t.match(await call(t, ...at('K01.tuychon'), '--dpop'), { code: 0, output: /^HTTP 200/ });
});

t.test('--for prints the fields of one request', async (t) => {
  const path = `/v1/business/enterprises/${samples().enterprises.present[0]}`;
  const { code, output } = await lienthong(
    t,
    ...['token', ...at('K01.khoa'), '--for', `GET ${publicUrl}${path}`],
  );
  t.equal(code, 0);
  const fields = Object.fromEntries(
    output.split('\n').map((line) => line.split(': ', 2) as [string, string]),
  );
  t.same(Object.keys(fields), ['authorization', 'dpop']);
  t.match(fields.authorization, /^DPoP /);
  const agent = new Agent({ connect: { ca: servers.pem } });
  t.teardown(() => agent.destroy());
  const send = async () => {
    const { statusCode, body } = await request(publicUrl + path, {
      dispatcher: agent,
      headers: { ...fields, 'x-purpose': 'thu-nghiem' },
    });
    return { status: statusCode, body: await body.json() };
  };
  t.match(await send(), { status: 200 });
  t.match(await send(), { status: 401, body: { reason: 'proof_replayed' } }, 'and of no other');
  t.match(await lienthong(t, 'token', ...at('K01.khoa'), '--for', 'nonsense'), {
    code: 2,
    output: /--for takes/,
  });
});

t.test('a system that must bind its tokens to a certificate, and authenticates by it', async (t) => {
  const certificate = ['--system', 'K01.chungthu', '--ca', files.ca, '--cert', files.cert];
  t.match(await call(t, ...certificate, '--key', files.certKey), { code: 0, output: /^HTTP 200/ });
  t.match(await call(t, ...certificate, '--cert-key', files.certKey), { code: 0, output: /^HTTP 200/ });
  const { output } = await lienthong(t, 'token', ...certificate, '--key', files.certKey);
  t.equal(claimsOf(output).cnf?.['x5t#S256'], own.thumbprint);
});

t.test('and one that signs its assertions beside', async (t) => {
  const options = [...at('K01.cahai'), '--cert', files.cert, '--cert-key', files.certKey];
  t.match(await call(t, ...options), { code: 0, output: /^HTTP 200/ });
  t.match(await call(t, ...options, '--dpop'), { code: 0, output: /^HTTP 200/ }, 'bound to both');
});

t.test('mistakes are reported in a sentence', async (t) => {
  const wrong = ['--cert', files.otherCert, '--key', files.otherKey];
  const cases: [name: string, options: string[], message: RegExp, status?: number][] = [
    ['no certificate', at('K01.cahai'), /invalid_request: the client must show its certificate/],
    ['another method', at('K01.chungthu'), /invalid_client: the client is registered for another method/],
    ['another’s', ['--system', 'K01.chungthu', '--ca', files.ca, ...wrong], /invalid_client/],
    ['no authority', ['--system', 'K01.khoa', '--key', keys.get('K01.khoa')!], /--ca names its authority/, 3],
    ['no key', ['--system', 'K01.chungthu', '--cert', files.cert], /cannot be read/, 2],
    ['a key without certificate', [...at('K01.khoa'), '--cert-key', files.certKey], /--cert/, 2],
    [
      'a certificate that is not there',
      [...at('K01.khoa'), '--cert', '/nowhere.pem', '--cert-key', files.certKey],
      /\/nowhere\.pem cannot be read/,
      2,
    ],
    ['a key that is no JWK', ['--system', 'K01.khoa', '--key', files.certKey], /is not a private JWK/, 2],
    [
      'a signature without a JWK',
      ['--system', 'K01.chungthu', '--cert', files.cert, '--key', files.certKey, '--sign'],
      /--sign needs/,
      2,
    ],
  ];
  for (const [name, options, message, status = 1] of cases) {
    const { code, output } = await call(t, ...options);
    t.equal(code, status, name);
    t.match(output, message, name);
    t.notMatch(output, /\bat .*\.ts:/, `${name}: no stack`);
  }
});
