/** Tokens of external issuers: of a real OAuth server (`oidc-provider`), and what none may say. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { Provider } from 'oidc-provider';
import * as openid from 'openid-client';
import t, { type Test } from 'tap';
import type { Issuer } from '../../../gateway/catalog/catalog.ts';
import type { Caller } from '../../../gateway/identity/caller.ts';
import { thumbprintOf } from '../../../gateway/keys/jwk.ts';
import { Problem } from '../../../gateway/problems/problem.ts';
import { compact } from './support/forgeries.ts';
import {
  catalogOf,
  freshPool,
  ISSUER,
  inlineKeys,
  NOW,
  presented,
  type Running,
  run,
  system,
} from './support/identity.ts';
import { dpopKey } from './support/proofs.ts';

const SCOPE = 'business.enterprise.lookup';

function issuerAt(url: string, over: Partial<Issuer> = {}): Issuer {
  return {
    url,
    agencies: new Set(['G12']),
    algorithms: ['RS256', 'ES256'],
    types: ['at+jwt'],
    audience: undefined,
    maxLifetime: 3600,
    clientClaim: 'client_id',
    systemOf: (client) => ({ 'thue-prod': 'G12.thue', motcua: 'H26.motcua' })[client],
    agencyClaim: undefined,
    scopeClaim: 'scope',
    scopesOf: (name) => [name],
    ...over,
  };
}

const systems = [system('G12.thue', inlineKeys()), system('H26.motcua', inlineKeys())];

async function outcome(
  { identity }: Running,
  token: string,
  headers: Record<string, string> = {},
  scheme = 'Bearer',
) {
  try {
    return await identity.authenticate(presented(`${scheme} ${token}`, { headers }));
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** A server of this address; its handler may be set after the address is known. */
async function serve(t: Test) {
  const state: { handler: RequestListener; requests: string[] } = { handler: () => {}, requests: [] };
  const server = createServer((message, response) => {
    state.requests.push(message.url ?? '');
    state.handler(message, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

for (const alg of ['RS256', 'ES256', 'PS256'] as const) {
  t.test(`oidc-provider with tokens signed by ${alg}`, async (t) => {
    const { state, url } = await serve(t);
    const pair =
      alg === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
    const provider = new Provider(url, {
      clients: ['thue-prod', 'motcua', 'nobody'].map((client_id) => ({
        client_id,
        client_secret: 'secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: alg,
      })),
      jwks: {
        keys: [{ ...pair.privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: 'of-the-ministry' }],
      },
      features: {
        clientCredentials: { enabled: true },
        dPoP: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({
            scope: SCOPE,
            audience: ISSUER,
            accessTokenFormat: 'jwt',
            accessTokenTTL: 600,
            jwt: { sign: { alg } },
          }),
        },
      },
    });
    state.handler = provider.callback();

    const clock = { at: Date.now() };
    const issuer = issuerAt(url, { algorithms: [alg] });
    const running = await run(t, {
      pool: await freshPool(t),
      catalog: catalogOf(systems, { issuers: [issuer] }),
      clock,
    });
    const discover = (client: string) =>
      openid.discovery(new URL(url), client, 'secret', openid.ClientSecretBasic('secret'), {
        execute: [openid.allowInsecureRequests],
      });
    const parameters = { resource: ISSUER, scope: SCOPE };

    const { access_token: token } = await openid.clientCredentialsGrant(
      await discover('thue-prod'),
      parameters,
    );
    t.match(
      decodeProtectedHeader(token),
      { alg, typ: 'at+jwt', kid: 'of-the-ministry' },
      'as the server makes it',
    );
    const caller = await outcome(running, token);
    t.match(caller, {
      agency: 'G12',
      system: 'G12.thue',
      tokenId: decodeJwt(token).jti,
      issuer: url,
      keyThumbprint: thumbprintOf(pair.publicKey.export({ format: 'jwk' })),
    });
    t.same([...(caller as Caller).scopes], [SCOPE]);
    t.equal(await outcome(running, token), caller, 'remembered');
    const strict = await run(t, {
      pool: await freshPool(t),
      catalog: catalogOf(systems, { issuers: [issuer] }),
      ...{ clock, requireBoundTokens: true },
    });
    t.match(
      await outcome(strict, token),
      { code: 'token_invalid', members: { reason: 'binding_required' } },
      'REQUIRE_BOUND_TOKENS: theirs too',
    );
    t.same(
      state.requests.filter((path) => !/token$/.test(path)).slice(-2),
      ['/.well-known/openid-configuration', '/jwks'],
      'metadata and keys are discovered',
    );

    for (const client of ['motcua', 'nobody']) {
      const { access_token: other } = await openid.clientCredentialsGrant(await discover(client), parameters);
      t.match(
        await outcome(running, other),
        { code: 'token_invalid' },
        `${client}: not for whom it may speak`,
      );
    }

    const config = await discover('thue-prod');
    const keys = await openid.randomDPoPKeyPair('ES256');
    const handle = openid.getDPoPHandle(config, keys);
    const { access_token: bound } = await openid.clientCredentialsGrant(config, parameters, { DPoP: handle });
    t.match(decodeJwt(bound).cnf, { jkt: /./ });
    t.match(
      await outcome(running, bound),
      { members: { reason: 'proof_missing' } },
      'a binding of theirs holds here',
    );
    const thief = dpopKey();
    const proof = thief.proof({ token: bound, nonce: running.identity.dpopNonce(), at: clock.at });
    t.match(await outcome(running, bound, { dpop: proof }, 'DPoP'), { members: { reason: 'proof_key' } });

    clock.at += 660_000;
    t.match(await outcome(running, token), { code: 'token_invalid' }, 'expired');
  });
}

/** An issuer that says what a test wants, and signs it. */
async function ministry(t: Test, over: Partial<Issuer> = {}) {
  const { state, url } = await serve(t);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const published = { metadata: { issuer: url, jwks_uri: `${url}/keys` } as object, keys: [] as object[] };
  published.keys.push({ ...publicKey.export({ format: 'jwk' }), kid: 'a', use: 'sig', alg: 'RS256' });
  state.handler = (message, response) => {
    if (message.url === '/keys') return response.end(JSON.stringify({ keys: published.keys }));
    if (!message.url?.startsWith('/.well-known/')) return response.writeHead(404).end();
    return response.end(JSON.stringify(published.metadata));
  };
  let catalog = catalogOf(systems, { issuers: [issuerAt(url, { algorithms: ['RS256'], ...over })] });
  const running = await run(t, { pool: await freshPool(t), catalog: () => catalog });
  const seconds = NOW / 1000;
  const claims = {
    iss: url,
    aud: ISSUER,
    sub: 'x',
    client_id: 'thue-prod',
    scope: SCOPE,
    jti: 'j',
    iat: seconds,
    exp: seconds + 600,
  };
  const rs256 = (key: KeyObject) => (data: string) => sign('sha256', Buffer.from(data), key);
  const token = (
    changes: { header?: object; claims?: object; key?: KeyObject; signer?: (data: string) => Buffer } = {},
  ) =>
    compact(
      { alg: 'RS256', typ: 'at+jwt', kid: 'a', ...changes.header },
      { ...claims, ...changes.claims },
      changes.signer ?? rs256(changes.key ?? privateKey),
    );
  return {
    ...running,
    running,
    state,
    url,
    published,
    privateKey,
    stranger,
    token,
    use: (next: typeof catalog) => {
      catalog = next;
    },
  };
}

t.test('tokens that are refused', async (t) => {
  const { running, token, stranger, privateKey, url } = await ministry(t);
  const seconds = NOW / 1000;
  t.match(await outcome(running, token()), { system: 'G12.thue' }, 'the test writes good ones');
  const pss = (data: string) =>
    sign('sha256', Buffer.from(data), { key: privateKey, padding: 6, saltLength: 32 });
  const cases: [string, string][] = [
    ["a stranger's key", token({ key: stranger })],
    ['PS256, which the contract does not list', token({ header: { alg: 'PS256' }, signer: pss })],
    ['PS256 called RS256', token({ signer: pss })],
    ['HS256', token({ header: { alg: 'HS256' } })],
    ['none', token({ header: { alg: 'none' } })],
    ['unknown kid', token({ header: { kid: 'b' } })],
    ['no kid', token({ header: { kid: undefined } })],
    ['typ JWT, which the contract does not list', token({ header: { typ: 'JWT' } })],
    ['no typ', token({ header: { typ: undefined } })],
    ['jwk in the header', token({ header: { jwk: {} } })],
    ['jku in the header', token({ header: { jku: `${url}/keys` } })],
    ['crit', token({ header: { crit: ['x'], x: 1 } })],
    ['b64', token({ header: { b64: true } })],
    ['an issuer that nobody named', token({ claims: { iss: `${url}/` } })],
    ['an issuer that is an array', token({ claims: { iss: [url] } })],
    ["the gateway's own issuer", token({ claims: { iss: ISSUER } })],
    ['audience of another', token({ claims: { aud: 'https://other.example' } })],
    ['no audience', token({ claims: { aud: undefined } })],
    ['expired', token({ claims: { exp: seconds } })],
    ['no exp', token({ claims: { exp: undefined } })],
    ['no iat', token({ claims: { iat: undefined } })],
    ['iat in the future', token({ claims: { iat: seconds + 31 } })],
    ['not valid yet', token({ claims: { nbf: seconds + 1 } })],
    ['lives too long', token({ claims: { exp: seconds + 3601 } })],
    ['no jti', token({ claims: { jti: undefined } })],
    ['jti a number', token({ claims: { jti: 1 } })],
    ['jti with a NUL', token({ claims: { jti: 'a\0' } })],
    ['jti with half of a surrogate pair', token({ claims: { jti: 'a\ud800' } })],
    ['jti too long', token({ claims: { jti: 'x'.repeat(201) } })],
    ['no client', token({ claims: { client_id: undefined } })],
    ['client an array', token({ claims: { client_id: ['thue-prod'] } })],
    ['client of Object.prototype', token({ claims: { client_id: '__proto__' } })],
    ['a client that is no system', token({ claims: { client_id: 'other' } })],
    ["another agency's system", token({ claims: { client_id: 'motcua' } })],
    ['a confirmation that cannot be checked', token({ claims: { cnf: { kid: 'x' } } })],
  ];
  for (const [name, text] of cases) {
    const result = await outcome(running, text);
    t.match(result, { code: 'token_invalid', members: { reason: undefined }, attributedTo: undefined }, name);
  }
});

t.test('claims that mean something else', async (t) => {
  const { running, token } = await ministry(t, {
    types: ['jwt'],
    audience: 'lien-thong',
    clientClaim: 'azp',
    agencyClaim: 'org',
    scopeClaim: 'permissions',
    scopesOf: (name) => ({ 'lt:read': [SCOPE, 'population.person.lookup'] })[name] ?? [],
  });
  const header = { typ: 'JWT' };
  const claims = {
    aud: ['account', 'lien-thong'],
    azp: 'thue-prod',
    org: '000.00.00.G12',
    permissions: ['lt:read', 'x', 1],
  };
  const caller = await outcome(running, token({ header, claims }));
  t.match(caller, { system: 'G12.thue' });
  t.same([...(caller as Caller).scopes], [SCOPE, 'population.person.lookup']);
  for (const [name, over] of Object.entries({
    'another agency': { org: 'H26' },
    'no agency': { org: undefined },
    'the claim of another contract': { azp: undefined },
    'the audience of another contract': { aud: ISSUER },
  })) {
    t.match(
      await outcome(running, token({ header, claims: { ...claims, ...over } })),
      { code: 'token_invalid' },
      name,
    );
  }
  const none = await outcome(
    running,
    token({ header, claims: { ...claims, permissions: { a: 1 }, jti: 'k' } }),
  );
  t.equal((none as Caller).scopes.size, 0, 'no scopes is none');
});

t.test('metadata that are not the issuer’s', async (t) => {
  for (const [name, metadata] of Object.entries({
    'of another issuer': { issuer: 'https://other.example', jwks_uri: 'KEYS' },
    'without keys': { issuer: 'URL' },
    'with keys inside': { issuer: 'URL', jwks_uri: 'http://10.0.0.1/keys' },
    'with keys by another scheme': { issuer: 'URL', jwks_uri: 'file:///etc/passwd' },
    'an array': [],
  })) {
    const { running, token, published, url } = await ministry(t);
    const text = JSON.stringify(metadata).replace('URL', url).replace('KEYS', `${url}/keys`);
    published.metadata = JSON.parse(text);
    t.match(await outcome(running, token()), { code: 'token_invalid' }, name);
  }
});

t.test('the issuer is asked rarely, for any number of unknown tokens', async (t) => {
  const { running, token, state, clock, published, stranger } = await ministry(t);
  const { keys } = published;
  published.keys = [];
  for (let i = 0; i < 20; i++) await outcome(running, token({ header: { kid: `k${i}` } }));
  t.same(state.requests, ['/.well-known/openid-configuration', '/keys']);
  published.keys = keys;
  clock.at += 30_000;
  t.match(await outcome(running, token()), { system: 'G12.thue' }, 'a new key of the issuer is found');
  t.equal(state.requests.length, 3);
  for (let i = 0; i < 20; i++) await outcome(running, token({ key: stranger, claims: { jti: `${i}` } }));
  t.equal(state.requests.length, 3);
});

t.test('an issuer that is trusted no more', async (t) => {
  const { running, token, use, url } = await ministry(t);
  const text = token();
  t.match(await outcome(running, text), { system: 'G12.thue' });
  use(catalogOf(systems, { issuers: [issuerAt(url, { agencies: new Set(['H26']) })] }));
  t.match(await outcome(running, text), { code: 'token_invalid' }, 'for this agency');
  use(catalogOf(systems));
  t.match(await outcome(running, text), { code: 'token_invalid' }, 'at all');
});
