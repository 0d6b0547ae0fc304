/**
 * The FAPI 2.0 Security Profile (final), client credentials grant, before a whole gateway that ends TLS and issues bound
 * tokens only: each way to authenticate (private_key_jwt, mTLS) with each way to bind (DPoP, mTLS). Names of tests begin
 * with the section. TLS versions and ciphers (5.2) have tests of their own.
 */
import { createPrivateKey, generateKeyPairSync, hash, type KeyObject, randomUUID, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import t from 'tap';
import { Agent, request } from 'undici';
import { freePort } from '../../../deploy/sandbox/processes/free-port.ts';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { ASSERTION_TYPE } from '../../../gateway/identity/clients/assertion-type.ts';
import { type Certificate, makeAuthority, makeCertificate } from '../../support/certificates.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { layOut } from '../../support/setting.ts';
import { compact } from '../identity/support/forgeries.ts';

const LOOKUP = 'business.enterprise.lookup';
const path = `/v1/business/enterprises/${samples().enterprises.present[0]!}`;

const authority = makeAuthority('Clients');
const servers = makeAuthority('Servers');
const server = makeCertificate({ subject: [['CN', 'gateway']], san: [['ip', '127.0.0.1']] }, servers);
const own = makeCertificate({ subject: [['CN', 'K01.fapi']] }, authority);
const other = makeCertificate({ subject: [['CN', 'K01.khac']] }, authority);
const certificate = { subjectDn: 'CN=K01.fapi' };

type Authentication = 'private_key_jwt' | 'tls_client_auth';
type Binding = 'dpop' | 'mtls';
interface Combination {
  readonly system: string;
  readonly authentication: Authentication;
  readonly binding: Binding;
}

const combinations: readonly Combination[] = [
  { system: 'K01.khoa-dpop', authentication: 'private_key_jwt', binding: 'dpop' },
  { system: 'K01.khoa-mtls', authentication: 'private_key_jwt', binding: 'mtls' },
  { system: 'K01.tls-dpop', authentication: 'tls_client_auth', binding: 'dpop' },
  { system: 'K01.tls-mtls', authentication: 'tls_client_auth', binding: 'mtls' },
];
const systems = combinations.map(({ system }) => system);

const setting = await layOut(t, {
  contracts: Object.fromEntries(
    combinations.map(({ system, authentication, binding }) => [
      system,
      { certificate, binding, token_endpoint_auth_method: authentication },
    ]),
  ),
  agreements: systems.map((consumer, index) => ({
    agreement: `TT-FAPI-0${index}`,
    consumer,
    services: [{ service: `${LOOKUP}@1`, revision: 1, fields: ['/name'] }],
  })),
});
const directory = t.testdir();
const file = async (name: string, text: string) => {
  await writeFile(join(directory, name), text);
  return join(directory, name);
};
const port = await freePort();
const publicUrl = `https://127.0.0.1:${port}`;
await startTestGateway(t, {
  setting,
  variables: {
    PORT: String(port),
    PUBLIC_URL: publicUrl,
    REQUIRE_BOUND_TOKENS: 'true',
    TLS_CERT_FILE: await file('server.pem', server.pem),
    TLS_KEY_FILE: await file('server.key', server.keyPem),
    TLS_CLIENT_CA_FILE: await file('clients.pem', authority.pem),
  },
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

const agents = new Map<Certificate | undefined, Agent>();
/** Connections that show this certificate. */
function agentWith(shown: Certificate | undefined): Agent {
  let agent = agents.get(shown);
  if (!agent) {
    const connect = { ca: servers.pem, ...(shown && { cert: shown.pem, key: shown.keyPem }) };
    agent = new Agent({ connect });
    agents.set(shown, agent);
  }
  return agent;
}
t.teardown(() => Promise.all([...agents.values()].map((agent) => agent.destroy())));

interface Sent {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly shown?: Certificate | undefined;
}

async function send(address: string, { shown, ...options }: Sent = {}): Promise<Answer> {
  const answer = await request(publicUrl + address, { ...options, dispatcher: agentWith(shown) });
  const text = await answer.body.text();
  return { status: answer.statusCode, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) };
}

const es256 = (privateKey: KeyObject) => (data: string) =>
  sign('sha256', Buffer.from(data), { key: privateKey, dsaEncoding: 'ieee-p1363' });
const seconds = () => Math.floor(Date.now() / 1000);

/** @param over claims and header of the assertion that differ */
async function assertion(system: string, over: { claims?: object; header?: object } = {}): Promise<string> {
  const { kid, ...jwk } = await setting.privateKey(system);
  const now = seconds();
  return compact(
    { alg: 'ES256', kid, ...over.header },
    {
      ...{ iss: system, sub: system, aud: publicUrl, jti: randomUUID() },
      ...{ iat: now, nbf: now, exp: now + 60 },
      ...over.claims,
    },
    es256(createPrivateKey({ key: { ...jwk, kty: 'EC' }, format: 'jwk' })),
  );
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = publicKey.export({ format: 'jwk' });
let nonce = '';

/** A proof for one request. */
function proof(method: string, url: string, token?: string, over: object = {}): string {
  const claims = {
    ...{ jti: randomUUID(), htm: method, htu: url, iat: seconds(), nonce },
    ...(token !== undefined && { ath: hash('sha256', token, 'base64url') }),
    ...over,
  };
  return compact({ alg: 'ES256', typ: 'dpop+jwt', jwk }, claims, es256(privateKey));
}

interface Asked {
  readonly form?: Record<string, string>;
  readonly claims?: object;
  readonly header?: object;
  readonly proof?: boolean;
  readonly proofOver?: object;
  readonly shown?: Certificate | undefined;
}

/** A token request as the combination wants it, with what differs. */
async function ask({ system, authentication, binding }: Combination, asked: Asked = {}): Promise<Answer> {
  const byKey = authentication === 'private_key_jwt';
  const shown = 'shown' in asked ? asked.shown : byKey && binding === 'dpop' ? undefined : own;
  const attempt = async () =>
    send('/oauth2/token', {
      method: 'POST',
      shown,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...((asked.proof ?? binding === 'dpop') && {
          dpop: proof('POST', `${publicUrl}/oauth2/token`, undefined, asked.proofOver),
        }),
      },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: system,
        ...(byKey && {
          client_assertion_type: ASSERTION_TYPE,
          client_assertion: await assertion(system, asked),
        }),
        ...asked.form,
      }).toString(),
    });
  const first = await attempt();
  if (first.body.error !== 'use_dpop_nonce') return first;
  nonce = String(first.headers['dpop-nonce']);
  return attempt();
}

interface Called {
  readonly scheme?: string;
  readonly address?: string;
  readonly proof?: boolean;
  readonly proofOver?: object;
  readonly shown?: Certificate | undefined;
}

/** A call with a token, as the combination wants it, with what differs. */
async function call({ binding }: Combination, token: string, called: Called = {}): Promise<Answer> {
  const { scheme = binding === 'dpop' ? 'DPoP' : 'Bearer', address = path } = called;
  const shown = 'shown' in called ? called.shown : binding === 'mtls' ? own : undefined;
  const attempt = () =>
    send(address, {
      shown,
      headers: {
        authorization: `${scheme} ${token}`,
        'x-purpose': 'thu-nghiem',
        ...((called.proof ?? binding === 'dpop') && {
          dpop: proof('GET', publicUrl + address.split('?')[0], token, called.proofOver),
        }),
      },
    });
  const first = await attempt();
  if (!String(first.headers['www-authenticate']).includes('use_dpop_nonce')) return first;
  nonce = String(first.headers['dpop-nonce']);
  return attempt();
}

t.test('5.3.2.1: metadata (RFC 8414) have everything that a client needs', async (t) => {
  const { body } = await send('/.well-known/oauth-authorization-server');
  t.match(body, {
    issuer: publicUrl,
    token_endpoint: `${publicUrl}/oauth2/token`,
    revocation_endpoint: `${publicUrl}/oauth2/revoke`,
    jwks_uri: `${publicUrl}/oauth2/jwks`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: [
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
    ],
    tls_client_certificate_bound_access_tokens: true,
  });
  // 5.4.1: PS256, ES256, EdDSA with Ed25519 and nothing else.
  for (const member of [
    'token_endpoint_auth_signing_alg_values_supported',
    'dpop_signing_alg_values_supported',
  ]) {
    t.same(body[member], ['ES256', 'EdDSA', 'Ed25519', 'PS256'], member);
  }
  for (const [name, value] of Object.entries(body)) t.notOk(Array.isArray(value) && value.length === 0, name);
});

t.test('5.3.2.1: no other grant, and none by password', async (t) => {
  for (const grant_type of ['password', 'authorization_code', 'refresh_token', 'implicit']) {
    const answer = await ask(combinations[0]!, { form: { grant_type, username: 'a', password: 'b' } });
    t.match(answer, { status: 400, body: { error: 'unsupported_grant_type' } }, grant_type);
  }
});

for (const combination of combinations) {
  const { authentication, binding, system } = combination;
  t.test(`${authentication} and ${binding}`, async (t) => {
    const { status, headers, body } = await ask(combination, { form: { scope: LOOKUP } });
    const token = String(body.access_token);
    t.test('a token, and a call with it', async (t) => {
      t.match(
        { status, headers, body },
        {
          status: 200,
          headers: { 'cache-control': 'no-store', 'content-type': /^application\/json/ },
          body: { token_type: binding === 'dpop' ? 'DPoP' : 'Bearer', scope: LOOKUP, expires_in: 300 },
        },
      );
      t.equal(body.refresh_token, undefined, 'RFC 6749, 4.4.3');
      const cnf = binding === 'dpop' ? { jkt: /./ } : { 'x5t#S256': own.thumbprint };
      t.match(decodeJwt(token).cnf, cnf);
      t.equal(Object.keys(decodeJwt(token).cnf ?? {}).length, 1);
      const answer = await call(combination, token);
      t.equal(answer.status, 200);
      t.ok(answer.headers.date);
    });

    t.test('5.3.2.1: only sender-constrained tokens are issued', async (t) => {
      const without =
        binding === 'dpop'
          ? await ask(combination, { proof: false })
          : await ask(combination, { shown: undefined });
      t.match(without.status, /^40[01]$/);
      t.match(without.body.error, /^(invalid_dpop_proof|invalid_request|invalid_client)$/);
      t.match(without.body.error_description, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
      t.notOk(without.body.access_token);
    });

    t.test('5.3.2.1: clients authenticate, by the registered method alone', async (t) => {
      const unauthenticated = await send('/oauth2/token', {
        method: 'POST',
        shown: authentication === 'private_key_jwt' ? own : undefined,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `grant_type=client_credentials&client_id=${system}`,
      });
      t.match(unauthenticated, { status: 401, body: { error: 'invalid_client' } });
      t.match(unauthenticated.headers['www-authenticate'], /^Bearer /);
      const secret = await ask(combination, { form: { client_secret: 'x' } });
      t.match(secret.body.error, /^invalid_(client|request)$/, 'and no secret');
      const another = await ask(combination, { form: { client_id: 'G12.thue' } });
      t.match(another, { status: 401, body: { error: 'invalid_client' } }, 'another client');
      if (authentication === 'tls_client_auth') {
        t.match(await ask(combination, { shown: other }), { status: 401, body: { error: 'invalid_client' } });
        const asserted = await ask(combination, {
          form: { client_assertion_type: ASSERTION_TYPE, client_assertion: await assertion(system) },
        });
        t.match(asserted, { status: 401, body: { error: 'invalid_client' } }, 'its key is no second way in');
      }
    });

    t.test('5.3.4: access tokens in the header, verified, and bound to their sender', async (t) => {
      const inQuery = await send(`${path}?access_token=${token}`, { shown: own });
      t.match(inQuery, { status: 401, body: { code: 'token_missing' } }, 'RFC 6750, 2.3');
      t.match(inQuery.headers['www-authenticate'], /resource_metadata="https:/);
      const [head, payload, signature = ''] = token.split('.');
      const forged = `${head}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
      t.match(await call(combination, forged), { status: 401, body: { code: 'token_invalid' } });
      const wrongScope = await call(combination, token, { address: '/v1/changes/business' });
      t.match(wrongScope.status, 403, 'RFC 9068: the scope is looked at');
      for (const [name, called] of Object.entries({
        'as another would: without anything': { scheme: 'Bearer', proof: false, shown: undefined },
        'with another certificate': { scheme: 'Bearer', proof: false, shown: other },
        'by another scheme': {
          scheme: binding === 'dpop' ? 'Bearer' : 'DPoP',
          proof: binding === 'mtls',
          shown: own,
        },
      })) {
        const answer = await call(combination, token, called);
        t.match(answer, { status: 401, body: { code: 'token_invalid' } }, name);
        t.match(answer.headers['www-authenticate'], /error="invalid_/, name);
      }
      for (const scheme of binding === 'dpop' ? ['dpop', 'DPOP'] : ['bearer', 'BEARER']) {
        t.equal((await call(combination, token, { scheme })).status, 200, `RFC 9110, 11.1: ${scheme}`);
      }
      t.equal((await call(combination, token)).status, 200, 'and still good');
    });
  });
}

for (const combination of combinations.filter(({ authentication }) => authentication === 'private_key_jwt')) {
  t.test(`5.3.2.1: client assertions, with ${combination.binding}`, async (t) => {
    const now = seconds();
    const cases: readonly (readonly [name: string, asked: Asked, accepted: boolean])[] = [
      ['iat and nbf 10 seconds ahead', { claims: { iat: now + 10, nbf: now + 10, exp: now + 60 } }, true],
      ['iat 61 seconds ahead', { claims: { iat: now + 65, exp: now + 120 } }, false],
      ['nbf 61 seconds ahead', { claims: { nbf: now + 65, exp: now + 120 } }, false],
      ['aud the issuer, in a list', { claims: { aud: [publicUrl] } }, false],
      ['aud a list with the issuer', { claims: { aud: [publicUrl, `${publicUrl}/oauth2/token`] } }, false],
      ['aud the token endpoint', { claims: { aud: `${publicUrl}/oauth2/token` } }, false],
      ['aud another server', { claims: { aud: 'https://other.example' } }, false],
      ['no sub', { claims: { sub: undefined } }, false],
      ['no jti', { claims: { jti: undefined } }, false],
      ['no exp', { claims: { exp: undefined } }, false],
      ['exp 5 minutes ago', { claims: { iat: now - 360, nbf: now - 360, exp: now - 300 } }, false],
      ['alg none', { header: { alg: 'none' } }, false],
      ['alg RS256', { header: { alg: 'RS256' } }, false],
    ];
    for (const [name, asked, accepted] of cases) {
      const answer = await ask(combination, asked);
      if (accepted) t.equal(answer.status, 200, `${name}: ${answer.body.error_description ?? ''}`);
      else t.match(answer, { status: 401, body: { error: 'invalid_client' } }, name);
    }
  });
}

for (const combination of combinations.filter(({ binding }) => binding === 'dpop')) {
  t.test(`5.3.2.1, 5.3.4: DPoP proofs (RFC 9449), with ${combination.authentication}`, async (t) => {
    const token = String((await ask(combination)).body.access_token);
    const now = seconds();
    const url = publicUrl + path;
    const accepted: Readonly<Record<string, object>> = {
      'iat 10 seconds ahead': { iat: now + 10 },
      'iat 10 seconds ago': { iat: now - 10 },
      'nbf and exp beside': { nbf: now, exp: now + 300 },
      'claims that mean nothing': { tx_id: 1 },
      'htu with query and fragment': { htu: `${url}?a=b#c` },
      'htu in capitals': { htu: url.replace('https', 'HTTPS') },
      'htu with dot segments': { htu: url.replace('/v1/', '/v1/./x/../') },
    };
    for (const [name, proofOver] of Object.entries(accepted)) {
      t.equal((await call(combination, token, { proofOver })).status, 200, name);
    }
    const refused: Readonly<Record<string, object>> = {
      'htu another address': { htu: `${publicUrl}/v1/other` },
      'htu no URI': { htu: url.replace('//', '\\\\') },
      'htm another method': { htm: 'PUT' },
      'no htm': { htm: undefined },
      'no htu': { htu: undefined },
      'no jti': { jti: undefined },
      'no iat': { iat: undefined },
      'no ath': { ath: undefined },
      'ath of another token': { ath: hash('sha256', 'x', 'base64url') },
      'iat an hour ahead': { iat: now + 3600 },
      'iat an hour ago': { iat: now - 3600 },
    };
    for (const [name, proofOver] of Object.entries(refused)) {
      const answer = await call(combination, token, { proofOver });
      t.match(answer, { status: 401, body: { code: 'token_invalid' } }, name);
      t.match(answer.headers['www-authenticate'], /^DPoP .*error="invalid_dpop_proof".*algs="/, name);
    }
    const jti = randomUUID();
    t.equal((await call(combination, token, { proofOver: { jti } })).status, 200);
    t.match(await call(combination, token, { proofOver: { jti } }), { body: { reason: 'proof_replayed' } });
    t.match(
      await ask(combination, { proofOver: { htu: `${publicUrl}/oauth2/other` } }),
      { status: 400, body: { error: 'invalid_dpop_proof' } },
      'at the token endpoint too',
    );
    t.equal((await call(combination, token)).status, 200, 'and still good');
  });
}

t.test('5.3.2.1: privileges are the least: a scope that no agreement grants is not issued', async (t) => {
  for (const combination of combinations) {
    t.match(
      await ask(combination, { form: { scope: 'population.person.lookup' } }),
      { status: 400, body: { error: 'invalid_scope', code: 'no_agreement' } },
      combination.system,
    );
  }
});
