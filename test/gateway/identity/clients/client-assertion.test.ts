/** Client authentication: what is accepted, what is refused, and that nothing is accepted twice. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import t, { type Test } from 'tap';
import { signAssertion } from '../../../../gateway/client/client.ts';
import { ASSERTION_TYPE } from '../../../../gateway/identity/clients/assertion-type.ts';
import { testClient } from '../support/assertions.ts';
import { compact, forge, type Kit, otherS, resign } from '../support/forgeries.ts';
import { forgeries } from '../support/forgery-table.ts';
import {
  catalogOf,
  freshPool,
  ISSUER,
  inlineKeys,
  NOW,
  type Running,
  run,
  system,
} from '../support/identity.ts';

const SECONDS = NOW / 1000;
const CLIENT = 'H26.motcua';

let serial = 0;

function kitOf(privateKey: KeyObject): Kit {
  serial += 1;
  return {
    header: { alg: 'ES256', kid: 'es' },
    claims: {
      iss: CLIENT,
      sub: CLIENT,
      aud: ISSUER,
      jti: `assertion-${serial}`,
      iat: SECONDS,
      exp: SECONDS + 60,
    },
    privateKey,
    strangerKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  };
}

const post = (to: Running, assertion: string, form: Record<string, string> = {}) =>
  to.post({
    grant_type: 'client_credentials',
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion,
    ...form,
  });

const es = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = (key: KeyObject, members: object) => ({ ...key.export({ format: 'jwk' }), ...members });
const publicKeys = [
  jwk(es.publicKey, { kid: 'es' }),
  jwk(ed.publicKey, { kid: 'ed', alg: 'EdDSA', use: 'sig' }),
  jwk(rsa.publicKey, { kid: 'rsa', key_ops: ['verify'] }),
];

async function start(t: Test, keys: object[] = publicKeys) {
  const pool = await freshPool(t);
  const catalog = catalogOf([system(CLIENT, inlineKeys(...keys)), system('G12.thue', inlineKeys())]);
  return { pool, catalog, ...(await run(t, { pool, catalog })) };
}

t.test('accepted', async (t) => {
  const running = await start(t);
  const pss = (data: string) =>
    sign('sha256', Buffer.from(data), { key: rsa.privateKey, padding: 6, saltLength: 32 });
  const eddsa = (data: string) => sign(null, Buffer.from(data), ed.privateKey);
  const cases: readonly (readonly [string, (kit: Kit) => string])[] = [
    ['as openid-client writes it', (kit) => forge(kit, { claims: { nbf: SECONDS } })],
    ['the other form of an ECDSA signature', (kit) => resign(forge(kit), otherS)],
    ['typ JWT', (kit) => forge(kit, { header: { typ: 'JWT' } })],
    ['typ of RFC 7523 as updated', (kit) => forge(kit, { header: { typ: 'client-authentication+jwt' } })],
    ['header members that mean nothing here', (kit) => forge(kit, { header: { x5t: 'AAAA' } })],
    ['EdDSA', (kit) => forge(kit, { header: { alg: 'EdDSA', kid: 'ed' }, signer: eddsa })],
    [
      'Ed25519, its newer name',
      (kit) => forge(kit, { header: { alg: 'Ed25519', kid: 'ed' }, signer: eddsa }),
    ],
    ['PS256', (kit) => forge(kit, { header: { alg: 'PS256', kid: 'rsa' }, signer: pss })],
    ['without kid: one key only fits', (kit) => forge(kit, { header: { kid: undefined } })],
    [
      'a clock 30 seconds ahead',
      (kit) => forge(kit, { claims: { iat: SECONDS + 30, nbf: SECONDS + 30, exp: SECONDS + 90 } }),
    ],
    ['a clock 29 seconds behind', (kit) => forge(kit, { claims: { iat: SECONDS - 89, exp: SECONDS - 29 } })],
    ['without iat', (kit) => forge(kit, { claims: { iat: undefined } })],
    ['fractions of seconds', (kit) => forge(kit, { claims: { iat: SECONDS + 0.5, exp: SECONDS + 60.5 } })],
    ['a jti that no text column takes', (kit) => forge(kit, { claims: { jti: `\0 ${kit.claims.jti}` } })],
  ];
  for (const [name, make] of cases) {
    const { status, body } = await post(running, make(kitOf(es.privateKey)), { client_id: CLIENT });
    t.equal(status, 200, `${name} ${body.error_description ?? ''}`);
  }
});

t.test('refused', async (t) => {
  const running = await start(t);
  const pkcs1 = (data: string) => sign('sha256', Buffer.from(data), rsa.privateKey);
  const cases: readonly (readonly [string, (kit: Kit) => string])[] = [
    ...forgeries,
    ['too long', (kit) => forge(kit, { claims: { padding: 'x'.repeat(7000) } })],
    ['RS256', (kit) => forge(kit, { header: { alg: 'RS256', kid: 'rsa' }, signer: pkcs1 })],
    ['RS256 called PS256', (kit) => forge(kit, { header: { alg: 'PS256', kid: 'rsa' }, signer: pkcs1 })],
    ['an access token', (kit) => forge(kit, { header: { typ: 'at+jwt' } })],
    ['an access token, in the long form', (kit) => forge(kit, { header: { typ: 'application/at+JWT' } })],
    ['for the token endpoint', (kit) => forge(kit, { claims: { aud: `${ISSUER}/oauth2/token` } })],
    [
      'for the issuer and the token endpoint',
      (kit) => forge(kit, { claims: { aud: [ISSUER, `${ISSUER}/oauth2/token`] } }),
    ],
    ['for the issuer twice', (kit) => forge(kit, { claims: { aud: [ISSUER, ISSUER] } })],
    ['a minute and a second', (kit) => forge(kit, { claims: { exp: SECONDS + 61 } })],
    ['issued in 31 seconds', (kit) => forge(kit, { claims: { iat: SECONDS + 31, exp: SECONDS + 60 } })],
    ['valid in 31 seconds', (kit) => forge(kit, { claims: { nbf: SECONDS + 31 } })],
    ['ended 30 seconds ago', (kit) => forge(kit, { claims: { iat: SECONDS - 90, exp: SECONDS - 30 } })],
    ['without iat, for two minutes', (kit) => forge(kit, { claims: { iat: undefined, exp: SECONDS + 120 } })],
    [
      'without iat, iat at minus infinity',
      (kit) =>
        compact(kit.header, JSON.stringify(kit.claims).replace(/"iat":\d+/, '"iat":-1e999'), (data) =>
          sign('sha256', Buffer.from(data), { key: es.privateKey, dsaEncoding: 'ieee-p1363' }),
        ),
    ],
    ['an unknown client', (kit) => forge(kit, { claims: { iss: 'X.y', sub: 'X.y' } })],
    ['a client called __proto__', (kit) => forge(kit, { claims: { iss: '__proto__', sub: '__proto__' } })],
    ['a client without keys', (kit) => forge(kit, { claims: { iss: 'G12.thue', sub: 'G12.thue' } })],
  ];
  for (const [name, make] of cases) {
    const kit = kitOf(es.privateKey);
    const { status, body, headers } = await post(running, make(kit));
    t.match({ status, error: body.error }, { status: 401, error: 'invalid_client' }, name);
    t.equal(headers['cache-control'], 'no-store');
    t.match(body.error_description, /^[\x20-\x7e]+$/);
    t.same(Object.keys(body).sort(), ['error', 'error_description'], 'nothing else, nothing echoed');
  }
  const { status } = await post(running, forge(kitOf(es.privateKey)), { client_id: 'G12.thue' });
  t.equal(status, 401, 'client_id of another');
  t.notOk(
    running.log.lines.some((line) => /eyJ/.test(line)),
    'no token in the log',
  );
});

t.test('keys that do not count', async (t) => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const tiny = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 });
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pss = (key: KeyObject) => (data: string) =>
    sign('sha256', Buffer.from(data), { key, padding: 6, saltLength: 32 });
  const cases: readonly (readonly [string, object[], (kit: Kit) => string, warned: boolean])[] = [
    ['for encryption', [jwk(es.publicKey, { kid: 'es', use: 'enc' })], (kit) => forge(kit), false],
    ['for another algorithm', [jwk(es.publicKey, { kid: 'es', alg: 'ECDH-ES' })], (kit) => forge(kit), false],
    [
      'not for verifying',
      [jwk(es.publicKey, { kid: 'es', key_ops: ['deriveBits'] })],
      (kit) => forge(kit),
      false,
    ],
    ['with its private part', [jwk(es.privateKey, { kid: 'es' })], (kit) => forge(kit), true],
    [
      'not on the curve',
      [jwk(es.publicKey, { kid: 'es', x: jwk(other.publicKey, {}).x })],
      (kit) => forge(kit),
      true,
    ],
    [
      'RSA of 1024 bits',
      [jwk(weak.publicKey, { kid: 'es' })],
      (kit) => forge(kit, { header: { alg: 'PS256' }, signer: pss(weak.privateKey) }),
      true,
    ],
    [
      'RSA with exponent 3',
      [jwk(tiny.publicKey, { kid: 'es' })],
      (kit) => forge(kit, { header: { alg: 'PS256' }, signer: pss(tiny.privateKey) }),
      true,
    ],
    ['symmetric', [{ kty: 'oct', kid: 'es', k: 'AAAA' }], (kit) => forge(kit), false],
    [
      'two under one kid',
      [jwk(es.publicKey, { kid: 'es' }), jwk(other.publicKey, { kid: 'es' })],
      (kit) => forge(kit),
      false,
    ],
  ];
  for (const [name, keys, make, warned] of cases) {
    const running = await start(t, keys);
    const { status, body } = await post(running, make(kitOf(es.privateKey)));
    t.match({ status, body }, { status: 401, body: { error: 'invalid_client' } }, name);
    t.equal(
      running.log.lines.some((line) => line.includes('refused') && line.includes('"owner"')),
      warned,
      `${name}: log`,
    );
  }
});

t.test('a key without kid is found by its thumbprint', async (t) => {
  const running = await start(t, [es.publicKey.export({ format: 'jwk' })]);
  const kid = await calculateJwkThumbprint(es.publicKey.export({ format: 'jwk' }));
  const { status } = await post(running, forge(kitOf(es.privateKey), { header: { kid } }));
  t.equal(status, 200);
});

t.test('an assertion is accepted once by all replicas together', async (t) => {
  const first = await start(t);
  const second = await run(t, { pool: first.pool, catalog: first.catalog });
  const assertion = forge(kitOf(es.privateKey));
  const answers = await Promise.all(
    [first, second, first, second].map((replica) => post(replica, assertion)),
  );
  t.same(answers.map(({ status }) => status).sort(), [200, 401, 401, 401]);
  const again = await post(second, resign(assertion, otherS));
  t.match(again, { status: 401, body: { error: 'invalid_client', error_description: /used before/ } });

  const kit = kitOf(es.privateKey);
  t.equal((await post(first, forge(kit))).status, 200);
  t.equal((await post(first, forge(kit, { claims: { exp: SECONDS + 59 } }))).status, 401, 'the same jti');

  // To the last moment of its life it stays known, and after that it has expired.
  first.clock.at = NOW + 89_999;
  t.match(await post(first, assertion), { status: 401, body: { error_description: /used before/ } });
  first.clock.at = NOW + 90_000;
  t.match(await post(first, assertion), { status: 401, body: { error_description: /expired/ } });
});

t.test('one jti of two clients is two', async (t) => {
  const pool = await freshPool(t);
  const keys = inlineKeys(...publicKeys);
  const running = await run(t, {
    pool,
    catalog: catalogOf([system(CLIENT, keys), system('G12.thue', keys)]),
  });
  const kit = kitOf(es.privateKey);
  t.equal((await post(running, forge(kit))).status, 200);
  const other = forge(kit, { claims: { iss: 'G12.thue', sub: 'G12.thue' } });
  t.equal((await post(running, other)).status, 200);
});

t.test('a client changes its key without a failed call', async (t) => {
  const pool = await freshPool(t);
  const [old, fresh] = [await testClient('H26.motcua'), await testClient('H26.motcua')];
  const CHANGE = NOW + 3_600_000;
  const OVERLAP = 600_000;
  const time = (at: number) => new Date(at).toISOString();
  const keys = inlineKeys(
    { ...old.publicJwk, notAfter: time(CHANGE + OVERLAP) },
    { ...fresh.publicJwk, notBefore: time(CHANGE) },
  );
  const { post, clock } = await run(t, { pool, catalog: catalogOf([system('H26.motcua', keys)]) });
  const accepted = async (client: typeof old, at: number) => {
    clock.at = at;
    return (await post(await client.form({}, at))).status === 200;
  };
  t.ok(await accepted(old, NOW));
  t.notOk(await accepted(fresh, CHANGE - 1), 'published, not in force');
  t.ok(await accepted(old, CHANGE - 1));
  t.ok(await accepted(fresh, CHANGE));
  t.ok(await accepted(old, CHANGE), 'both');
  t.ok(await accepted(old, CHANGE + OVERLAP - 1));
  t.notOk(await accepted(old, CHANGE + OVERLAP), 'ended');
  t.ok(await accepted(fresh, CHANGE + OVERLAP));
});

t.test('an assertion that does not say its key is tried with each in force', async (t) => {
  const pool = await freshPool(t);
  const clients = await Promise.all(Array.from({ length: 5 }, () => testClient('H26.motcua')));
  const assertionOf = (client: (typeof clients)[number]) => {
    const { kid: _, ...privateJwk } = client.privateJwk;
    return signAssertion({ issuer: ISSUER, clientId: 'H26.motcua', privateJwk, at: NOW });
  };
  for (const [count, status] of [
    [4, 200],
    [5, 401],
  ] as const) {
    const keys = inlineKeys(...clients.slice(0, count).map(({ publicJwk }) => publicJwk));
    const { post } = await run(t, { pool, catalog: catalogOf([system('H26.motcua', keys)]) });
    const form = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE };
    const answer = await post({ ...form, client_assertion: await assertionOf(clients[3]!) });
    t.equal(answer.status, status, `${count} keys`);
  }
});
