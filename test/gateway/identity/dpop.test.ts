/** Tokens bound to a DPoP key: who gets them, and who may use them (RFC 9449). */

import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { decodeJwt } from 'jose';
import t, { type Test } from 'tap';
import type { System } from '../../../gateway/catalog/catalog.ts';
import type { Caller } from '../../../gateway/identity/caller.ts';
import type { Identity } from '../../../gateway/identity/identity.ts';
import type { Misuse } from '../../../gateway/identity/possession/misuse.ts';
import { readConfirmation } from '../../../gateway/identity/tokens/access-token.ts';
import { Problem } from '../../../gateway/problems/problem.ts';
import { asOwner } from '../../support/database.ts';
import { testClient } from './support/assertions.ts';
import { compact, forge, type Kit } from './support/forgeries.ts';
import { forgeries } from './support/forgery-table.ts';
import { catalogOf, freshPool, ISSUER, NOW, presented, type Running, run } from './support/identity.ts';
import { dpopKey, type ProofOptions } from './support/proofs.ts';

const TOKEN_URL = `${ISSUER}/oauth2/token`;
const SERVICE_URL = `${ISSUER}/v1/business/enterprises/0100109106`;
const metricOf = async ({ metrics }: Running, reason: string) =>
  (await metrics.tokenMisuses.get()).values.find(({ labels }) => labels.reason === reason)?.value ?? 0;

/** A running Identity, a client of it, a key, and a token that is bound to the key. */
async function bound(t: Test, binding?: System['binding']) {
  const pool = await freshPool(t);
  const client = await testClient('H26.motcua');
  const catalog = catalogOf([{ ...client.system, binding }]);
  const running = await run(t, { pool, catalog });
  const key = dpopKey();
  const nonce = running.identity.dpopNonce();
  const dpop = key.proof({ method: 'POST', url: TOKEN_URL, nonce });
  const { status, body } = await running.post(await client.form(), { dpop });
  t.match({ status, body }, { status: 200, body: { token_type: 'DPoP' } });
  const token = String(body.access_token);
  /** A call with this token, and a proof of this key for it. */
  const call = (options: ProofOptions = {}, identity: Identity = running.identity) =>
    outcome(identity, token, key.proof({ token, nonce: identity.dpopNonce(), ...options }));
  return { ...running, pool, catalog, client, key, nonce, token, call };
}

async function outcome(
  identity: Identity,
  token: string,
  dpop: string | undefined,
  over: { url?: string; method?: string; scheme?: string } = {},
): Promise<Caller | Problem> {
  const { scheme = 'DPoP', ...rest } = over;
  const headers: Record<string, string> = dpop === undefined ? {} : { dpop };
  try {
    return await identity.authenticate(presented(`${scheme} ${token}`, { ...rest, headers }));
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

const isCaller = (result: Caller | Problem): result is Caller => !(result instanceof Problem);

t.test('a proof at the token endpoint binds the token to its key', async (t) => {
  const { token, key, call, identity } = await bound(t);
  t.same(decodeJwt(token).cnf, { jkt: key.jkt });
  const caller = await call();
  t.match(caller, { system: 'H26.motcua', confirmation: { jkt: key.jkt } });
  t.equal(await call(), caller, 'the token is verified once, each proof anew');
  t.ok(isCaller(await call({ claims: { htu: `${SERVICE_URL}?page=1#x` } })), 'htu with query and fragment');
  const proof = key.proof({ token, nonce: identity.dpopNonce() });
  const url = '/v1/business/enterprises/0100109106?name=a';
  t.ok(isCaller(await outcome(identity, token, proof, { url })), 'a call with a query');
  // RFC 3986, 6.2.2 and 6.2.3.
  for (const htu of [
    SERVICE_URL.replace('gateway', 'GATEWAY'),
    SERVICE_URL.replace('https', 'HTTPS'),
    SERVICE_URL.replace('/v1', '/%76%31'),
    SERVICE_URL.replace('/v1', '/./x/../v1'),
    SERVICE_URL.replace('.example', '.example:'),
  ]) {
    t.ok(isCaller(await call({ claims: { htu } })), htu);
  }
  t.ok(
    isCaller(await call({ claims: { htu: SERVICE_URL.replace('.example', '.example:443') } })),
    'port named',
  );
});

t.test('keys of every algorithm', async (t) => {
  const pairs = {
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: generateKeyPairSync('ed25519'),
    Ed25519: generateKeyPairSync('ed25519'),
    PS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  };
  const { post, client, identity } = await bound(t);
  for (const [alg, { privateKey, publicKey }] of Object.entries(pairs)) {
    const signer = (data: string) => {
      const bytes = Buffer.from(data);
      if (alg === 'ES256') return sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      if (alg !== 'PS256') return sign(null, bytes, privateKey);
      return sign('sha256', bytes, { key: privateKey, padding: 6, saltLength: 32 });
    };
    const header = { alg, typ: 'dpop+jwt', jwk: publicKey.export({ format: 'jwk' }) };
    const write = (options: ProofOptions) =>
      compact(header, dpopKey().kit({ nonce: identity.dpopNonce(), ...options }).claims, signer);
    const { status, body } = await post(await client.form(), {
      dpop: write({ method: 'POST', url: TOKEN_URL }),
    });
    t.equal(status, 200, alg);
    const token = String(body.access_token);
    t.ok(isCaller(await outcome(identity, token, write({ token }))), alg);
    t.ok(isCaller(await outcome(identity, token, write({ token }))), `${alg}, the key remembered`);
  }
});

t.test('proofs that prove nothing', async (t) => {
  const running = await bound(t);
  const { token, key, identity } = running;
  const seconds = NOW / 1000;
  const kit = (): Kit => key.kit({ token, nonce: identity.dpopNonce() });
  const jwk = kit().header.jwk as { readonly x: string };
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const p384Jwk = createPublicKey(p384.privateKey).export({ format: 'jwk' });
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const privateJwk = key.privateKey.export({ format: 'jwk' });
  // What is wrong for every JWT; a proof has no kid, no issuer and no audience, and may live as it likes.
  const general = forgeries.filter(
    ([name]) =>
      !/kid|embedded jwk|iss\b|issuer|aud|sub|typ of another|lives too long|stranger|exp |nbf|iat a string|expired|issued|not valid/.test(
        name,
      ),
  );
  const cases: readonly (readonly [string, (kit: Kit) => string])[] = [
    ...general,
    ['typ JWT', (kit) => forge(kit, { header: { typ: 'JWT' } })],
    ['typ of an access token', (kit) => forge(kit, { header: { typ: 'at+jwt' } })],
    ['typ missing', (kit) => forge(kit, { header: { typ: undefined } })],
    ['typ in capitals', (kit) => forge(kit, { header: { typ: 'DPOP+JWT' } })],
    ['jwk missing', (kit) => forge(kit, { header: { jwk: undefined } })],
    ['jwk null', (kit) => forge(kit, { header: { jwk: null } })],
    ['jwk an array', (kit) => forge(kit, { header: { jwk: [jwk] } })],
    ['jwk a string', (kit) => forge(kit, { header: { jwk: JSON.stringify(jwk) } })],
    ['jwk with its private part', (kit) => forge(kit, { header: { jwk: privateJwk } })],
    ['jwk with an empty private part', (kit) => forge(kit, { header: { jwk: { ...jwk, d: '' } } })],
    ['jwk symmetric', (kit) => forge(kit, { header: { jwk: { kty: 'oct', k: 'AAAA' } } })],
    ['jwk of no type', (kit) => forge(kit, { header: { jwk: { ...jwk, kty: '__proto__' } } })],
    ['jwk without y', (kit) => forge(kit, { header: { jwk: { ...jwk, y: undefined } } })],
    ['jwk off the curve', (kit) => forge(kit, { header: { jwk: { ...jwk, y: jwk.x } } })],
    ['jwk at infinity', (kit) => forge(kit, { header: { jwk: { ...jwk, x: '', y: '' } } })],
    ['jwk of another curve', (kit) => forge(kit, { header: { jwk: p384Jwk } })],
    ['jwk called another curve', (kit) => forge(kit, { header: { jwk: { ...jwk, crv: 'P-384' } } })],
    [
      'jwk of a weak key',
      (kit) => forge(kit, { header: { alg: 'PS256', jwk: weak.publicKey.export({ format: 'jwk' }) } }),
    ],
    [
      "a stranger's key and signature",
      (kit) =>
        forge(kit, {
          header: { jwk: createPublicKey(kit.strangerKey).export({ format: 'jwk' }) },
          key: kit.strangerKey,
        }),
    ],
    ["a stranger's signature", (kit) => forge(kit, { key: kit.strangerKey })],
    [
      'RS256',
      (kit) =>
        forge(kit, {
          header: {
            alg: 'RS256',
            jwk: generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }),
          },
        }),
    ],
    ['jti missing', (kit) => forge(kit, { claims: { jti: undefined } })],
    ['jti empty', (kit) => forge(kit, { claims: { jti: '' } })],
    ['jti a number', (kit) => forge(kit, { claims: { jti: 1 } })],
    ['jti too long', (kit) => forge(kit, { claims: { jti: 'x'.repeat(257) } })],
    ['htm missing', (kit) => forge(kit, { claims: { htm: undefined } })],
    ['htm of another method', (kit) => forge(kit, { claims: { htm: 'POST' } })],
    ['htm in lower case', (kit) => forge(kit, { claims: { htm: 'get' } })],
    ['htu missing', (kit) => forge(kit, { claims: { htu: undefined } })],
    ['htu of another path', (kit) => forge(kit, { claims: { htu: `${ISSUER}/v1/other` } })],
    [
      'htu of another host',
      (kit) => forge(kit, { claims: { htu: SERVICE_URL.replace('gateway.', 'evil.') } }),
    ],
    ['htu of another scheme', (kit) => forge(kit, { claims: { htu: SERVICE_URL.replace('https', 'http') } })],
    [
      'htu of another port',
      (kit) => forge(kit, { claims: { htu: SERVICE_URL.replace('.example', '.example:8443') } }),
    ],
    ['htu with a user', (kit) => forge(kit, { claims: { htu: SERVICE_URL.replace('://', '://user@') } })],
    ['htu a path', (kit) => forge(kit, { claims: { htu: '/v1/business/enterprises/0100109106' } })],
    ['htu with a slash more', (kit) => forge(kit, { claims: { htu: `${SERVICE_URL}/` } })],
    ...[
      SERVICE_URL.replace('//', ''),
      SERVICE_URL.replace('//', '/'),
      SERVICE_URL.replaceAll('/', '\\'),
      SERVICE_URL.replace('/v1', '\\v1'),
      SERVICE_URL.replace('/v1', '/\tv1'),
      ` ${SERVICE_URL}`,
      `${SERVICE_URL} `,
      `${SERVICE_URL}\n`,
      `${SERVICE_URL}?a b`,
      `${SERVICE_URL}?ế`,
      `${SERVICE_URL}#%`,
      SERVICE_URL.replace('gateway', 'g\tateway'),
      SERVICE_URL.replace('gateway.', 'gateway\u3002'),
      SERVICE_URL.replace('/v1', '/v1%2F..'),
    ].map((htu) => [`htu ${JSON.stringify(htu)}`, (kit: Kit) => forge(kit, { claims: { htu } })] as const),
    ['htu an array', (kit) => forge(kit, { claims: { htu: [SERVICE_URL] } })],
    ['iat missing', (kit) => forge(kit, { claims: { iat: undefined } })],
    ['iat a string', (kit) => forge(kit, { claims: { iat: String(seconds) } })],
    ['iat in 31 seconds', (kit) => forge(kit, { claims: { iat: seconds + 31 } })],
    ['iat 90 seconds ago', (kit) => forge(kit, { claims: { iat: seconds - 90 } })],
    ['expired', (kit) => forge(kit, { claims: { exp: seconds - 30 } })],
    ['exp a string', (kit) => forge(kit, { claims: { exp: String(seconds + 60) } })],
    ['not valid yet', (kit) => forge(kit, { claims: { nbf: seconds + 31 } })],
    ['ath missing', (kit) => forge(kit, { claims: { ath: undefined } })],
    ['ath of another token', (kit) => forge(kit, { claims: { ath: 'A'.repeat(43) } })],
    [
      'ath in hex',
      (kit) =>
        forge(kit, { claims: { ath: Buffer.from(String(kit.claims.ath), 'base64url').toString('hex') } }),
    ],
    ['two proofs', (kit) => `${forge(kit)}, ${forge(kit)}`],
    ['empty', () => ''],
    ['too long', (kit) => forge(kit, { claims: { padding: 'x'.repeat(9000) } })],
  ];
  t.ok(cases.length >= 100, `${cases.length} cases`);
  for (const [name, write] of cases) {
    const result = await outcome(identity, token, write(kit()));
    t.match(
      result,
      {
        code: 'token_invalid',
        members: {
          reason: /^proof_(malformed|key|signature|target|token|time)$/,
          headers: {
            'WWW-Authenticate':
              /^DPoP realm="lienthong", error="(invalid_dpop_proof|invalid_token)", error_description="[a-z0-9 +,:-]+", algs="ES256 EdDSA Ed25519 PS256"$/i,
          },
        },
      },
      name,
    );
  }
  t.ok(isCaller(await outcome(identity, token, forge(kit()))), 'and the kit writes good ones');
  t.ok((await metricOf(running, 'proof_signature')) > 0);
});

t.test('a stolen token', async (t) => {
  const running = await bound(t);
  const { token, identity, key, call } = running;
  const misuse = (await outcome(identity, token, undefined, { scheme: 'Bearer' })) as Misuse;
  const { members } = misuse;
  t.equal(members.reason, 'proof_missing', 'as a bearer token');
  t.match(misuse.attributedTo, { system: 'H26.motcua' });
  t.match(members.headers, { 'WWW-Authenticate': /^DPoP .*error="invalid_token"/ });
  const withProof = await outcome(identity, token, key.proof({ token, nonce: identity.dpopNonce() }), {
    scheme: 'Bearer',
  });
  t.match(
    withProof,
    { members: { reason: 'proof_missing' } },
    'nor with a proof beside, in the scheme Bearer',
  );
  t.match(
    await outcome(identity, token, undefined),
    { members: { reason: 'proof_missing' } },
    'without a proof',
  );
  const thief = dpopKey();
  const proof = thief.proof({ token, nonce: identity.dpopNonce() });
  t.match(
    await outcome(identity, token, proof),
    {
      code: 'token_invalid',
      status: 401,
      members: {
        reason: 'proof_key',
        headers: { 'WWW-Authenticate': /error="invalid_token"/ },
      },
      attributedTo: { agency: 'H26', system: 'H26.motcua' },
    },
    'with another key',
  );
  t.equal(await metricOf(running, 'proof_key'), 1);
  t.equal(await metricOf(running, 'proof_missing'), 3);
  t.ok(isCaller(await call()), 'its owner goes on');
});

t.test('of one token, twenty misuses a minute are attributed', async (t) => {
  const running = await bound(t);
  const { token, identity, clock } = running;
  const attributed = async () =>
    ((await outcome(identity, token, undefined)) as Misuse).attributedTo !== undefined;
  for (let count = 1; count <= 20; count++) t.ok(await attributed(), `${count}`);
  t.notOk(await attributed());
  t.equal(await metricOf(running, 'proof_missing'), 21, 'all are counted');
  clock.at += 60_000;
  t.ok(await attributed());
});

t.test('a proof is used once, by all replicas together', async (t) => {
  const { token, identity, key, pool, catalog, clock } = await bound(t);
  const other = await run(t, { pool, catalog, clock });
  const proof = key.proof({ token, nonce: identity.dpopNonce() });
  t.ok(isCaller(await outcome(identity, token, proof)));
  for (const [name, replica] of Object.entries({ here: identity, there: other.identity })) {
    t.match(
      await outcome(replica, token, proof),
      {
        members: { reason: 'proof_replayed', headers: { 'WWW-Authenticate': /error="invalid_dpop_proof"/ } },
      },
      name,
    );
  }
  const again = key.proof({ token, nonce: identity.dpopNonce(), claims: { jti: 'one', iat: NOW / 1000 } });
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, i) => outcome(i % 2 ? identity : other.identity, token, again)),
  );
  t.equal(results.filter(isCaller).length, 1, 'forty at once: one');
  const sameId = key.proof({
    token,
    nonce: identity.dpopNonce(),
    claims: { jti: 'one', iat: NOW / 1000 - 1 },
  });
  t.match(
    await outcome(other.identity, token, sameId),
    { members: { reason: 'proof_replayed' } },
    'the same jti',
  );
  const stranger = await bound(t);
  t.ok(isCaller(await stranger.call({ claims: { jti: 'one' } })), 'the jti of another key is another');
});

t.test('should the store forget, proofs made before are refused', async (t) => {
  const { token, identity, key, pool, catalog, clock } = await bound(t);
  const used = key.proof({ token, nonce: identity.dpopNonce() });
  t.ok(isCaller(await outcome(identity, token, used)));
  await asOwner(pool, 'TRUNCATE used_proof, used_proof_since'); // as a crash of PostgreSQL does to unlogged tables
  const other = await run(t, { pool, catalog, clock });
  t.match(await outcome(other.identity, token, used), { code: 'dpop_nonce_required' });
  await pool.query("UPDATE used_proof_since SET since = '2026-01-01'");
  t.ok(isCaller(await outcome(other.identity, token, key.proof({ token, nonce: identity.dpopNonce() }))));
});

t.test('without its store the gateway takes no proof', async (t) => {
  const { token, key, pool, catalog } = await bound(t);
  const { identity } = await run(t, { pool, catalog });
  await asOwner(pool, 'DROP FUNCTION use_proofs');
  const proof = key.proof({ token, nonce: identity.dpopNonce() });
  t.match(await outcome(identity, token, proof), { code: 'store_unavailable', status: 503 });
});

t.test('nonces', async (t) => {
  const { token, identity, key, call, clock, pool, catalog } = await bound(t);
  const challenged = {
    code: 'dpop_nonce_required',
    status: 401,
    members: {
      headers: { 'WWW-Authenticate': /^DPoP .*error="use_dpop_nonce"/, 'DPoP-Nonce': identity.dpopNonce() },
    },
    attributedTo: undefined,
  };
  t.match(await outcome(identity, token, key.proof({ token })), challenged, 'none');
  t.match(await call({ nonce: 'other' }), challenged, 'another');
  t.match(await call({ claims: { nonce: 1 } }), challenged, 'a number');
  const other = await run(t, { pool, catalog, clock });
  t.equal(other.identity.dpopNonce(), identity.dpopNonce(), 'one for all replicas');
  const first = identity.dpopNonce();
  clock.at += 60_000;
  t.not(identity.dpopNonce(), first);
  t.ok(isCaller(await call({ nonce: first, at: clock.at })), 'the one before');
  const stranger = await run(t, { pool: await freshPool(t), catalog, masterKey: Buffer.alloc(32, 8) });
  t.not(stranger.identity.dpopNonce(), first, 'another gateway, another nonce');
  clock.at += 60_000;
  t.match(await call({ nonce: first, at: clock.at }), { code: 'dpop_nonce_required' }, 'two before');
});

t.test('at the token endpoint', async (t) => {
  const { post, client, identity, key } = await bound(t, 'dpop');
  const proof = (options: ProofOptions = {}) =>
    key.proof({ method: 'POST', url: TOKEN_URL, nonce: identity.dpopNonce(), ...options });
  const form = await client.form();
  t.match(
    await post(form, { dpop: proof({ nonce: undefined }) }),
    { status: 400, body: { error: 'use_dpop_nonce' }, headers: { 'dpop-nonce': identity.dpopNonce() } },
    'a nonce is asked for',
  );
  const used = proof();
  t.match(await post(form, { dpop: used }), { status: 200 }, 'and the same assertion serves');
  t.match(await post(await client.form(), { dpop: used }), {
    status: 400,
    body: { error: 'invalid_dpop_proof', error_description: 'the proof was used before' },
  });
  t.match(
    await post(await client.form()),
    { status: 400, body: { error: 'invalid_dpop_proof' } },
    'no proof',
  );
  for (const [name, dpop] of Object.entries({
    'of another address': proof({ url: SERVICE_URL }),
    'of another method': proof({ method: 'GET' }),
    'of another time': proof({ at: NOW - 90_000 }),
    malformed: 'x',
    twice: `${proof()}, ${proof()}`,
  })) {
    t.match(
      await post(await client.form(), { dpop }),
      { status: 400, body: { error: 'invalid_dpop_proof' } },
      name,
    );
  }
});

t.test('a client that need not bind its token may, and then it is bound', async (t) => {
  const { post, client, identity, token } = await bound(t);
  t.match(await outcome(identity, token, undefined, { scheme: 'Bearer' }), {
    members: { reason: 'proof_missing' },
  });
  const { body } = await post(await client.form());
  t.equal(body.token_type, 'Bearer');
  const bearer = String(body.access_token);
  t.ok(isCaller(await outcome(identity, bearer, undefined, { scheme: 'Bearer' })));
  const key = dpopKey();
  const proof = key.proof({ token: bearer, nonce: identity.dpopNonce() });
  t.match(
    await outcome(identity, bearer, proof),
    { members: { reason: 'proof_unexpected' } },
    'a bearer token does not become another one by a proof',
  );
});

t.test('a bearer token of a system that must bind, from the time when it need not', async (t) => {
  const pool = await freshPool(t);
  const client = await testClient('H26.motcua');
  let catalog = catalogOf([client.system]);
  const running = await run(t, { pool, catalog: () => catalog });
  const { body } = await running.post(await client.form());
  const token = String(body.access_token);
  t.ok(isCaller(await outcome(running.identity, token, undefined, { scheme: 'Bearer' })));
  for (const binding of ['dpop', 'mtls'] as const) {
    catalog = catalogOf([{ ...client.system, binding }]);
    t.match(
      await outcome(running.identity, token, undefined, { scheme: 'Bearer' }),
      {
        code: 'token_invalid',
        members: { reason: 'binding_required' },
        attributedTo: { system: 'H26.motcua' },
      },
      binding,
    );
  }
  t.equal(await metricOf(running, 'binding_required'), 2);
});

t.test('a confirmation that cannot be checked', async (t) => {
  const jkt = 'A'.repeat(43);
  t.same(readConfirmation({ jkt }), { jkt });
  t.same(readConfirmation({ 'x5t#S256': jkt, jkt }), { 'x5t#S256': jkt, jkt });
  t.equal(readConfirmation(undefined), undefined);
  for (const cnf of [
    null,
    {},
    [],
    'x',
    { kid: 'x' },
    { jkt, kid: 'x' },
    { jkt: 1 },
    { jkt: 'short' },
    { jwk: {} },
  ]) {
    t.throws(() => readConfirmation(cnf), { name: 'InvalidToken' }, JSON.stringify(cnf));
  }
});
