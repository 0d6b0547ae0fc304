/** A client revokes a token of its own (RFC 7009). */
import { decodeJwt } from 'jose';
import t, { type Test } from 'tap';
import { createLimiter, type Limiter } from '../../../../gateway/admission/limiter.ts';
import type { Issuer } from '../../../../gateway/catalog/catalog.ts';
import { testClient } from '../support/assertions.ts';
import { compact } from '../support/forgeries.ts';
import { catalogOf, freshPool, ISSUER, NOW, run } from '../support/identity.ts';

const REVOKE = '/oauth2/revoke';
const LOOKUP = 'population.person.lookup';

async function start(t: Test, over: Partial<Parameters<typeof run>[1]> = {}) {
  const client = await testClient('H26.motcua');
  const other = await testClient('G12.thue');
  const issuer = { url: 'https://sso.example', agencies: new Set(['H26']) } as Partial<Issuer> as Issuer;
  const catalog = catalogOf([client.system, other.system], {
    granted: { 'H26.motcua': [LOOKUP], 'G12.thue': [LOOKUP] },
    issuers: [issuer],
  });
  const running = await run(t, { pool: await freshPool(t), catalog, ...over });
  const tokenOf = async (of: typeof client) =>
    String((await running.post(await of.form())).body.access_token);
  const revoke = async (of: typeof client, token: string, parameters: Record<string, string> = {}) => {
    const { grant_type: _, ...form } = await of.form({ token, ...parameters });
    return running.post(form, {}, REVOKE);
  };
  return { ...running, client, other, tokenOf, revoke };
}

t.test('its own token', async (t) => {
  const { client, tokenOf, revoke, revocations, refusals, metrics } = await start(t);
  const token = await tokenOf(client);
  const answer = await revoke(client, token);
  t.match(answer, { status: 200, headers: { 'cache-control': 'no-store', pragma: 'no-cache' } });
  t.match(revocations, [
    {
      client: { system: { id: 'H26.motcua' }, keyThumbprint: client.publicJwk.kid },
      caller: { system: 'H26.motcua', tokenId: decodeJwt(token).jti },
      service: 'oauth2.revoke',
    },
  ]);
  for (const hint of ['access_token', 'refresh_token', 'x']) {
    const again = await revoke(client, await tokenOf(client), { token_type_hint: hint });
    t.equal(again.status, 200, `a hint is only a hint: ${hint}`);
  }
  t.equal(revocations.length, 4);
  t.same(refusals, []);
  t.match(await metrics.tokenRevocations.get(), { values: [{ value: 4, labels: { outcome: 'ok' } }] });
});

t.test('a token that opens nothing needs no revocation (2.2)', async (t) => {
  const { client, tokenOf, revoke, revocations, clock, post } = await start(t);
  const token = await tokenOf(client);
  const [header, payload] = token.split('.');
  const unsigned = compact({ alg: 'none' }, { iss: ISSUER, jti: 'x' }, () => Buffer.from('x'));
  for (const [name, text] of Object.entries({
    text: 'abc',
    'another signature': `${header}.${payload}.${'A'.repeat(86)}`,
    unsigned,
    'too long': 'a'.repeat(12_000),
  })) {
    t.match(await revoke(client, text), { status: 200 }, name);
  }
  clock.at = NOW + 301_000;
  const { grant_type: _, ...form } = await client.form({ token }, clock.at);
  t.match(await post(form, {}, REVOKE), { status: 200 }, 'it has ended');
  t.same(revocations, []);
});

t.test(
  'a token of another client is refused and stays (2.1); one of another server is not ours',
  async (t) => {
    const { client, other, tokenOf, revoke, revocations, refusals } = await start(t);
    t.match(await revoke(client, await tokenOf(other)), {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'the token was issued to another client' },
    });
    t.match(refusals, [
      {
        client: { system: { id: 'H26.motcua' } },
        ...{ service: 'oauth2.revoke', status: 400, code: 'invalid_grant', reason: 'token_of_another' },
      },
    ]);
    const foreign = compact({ alg: 'ES256' }, { iss: 'https://sso.example', jti: 'x' }, () =>
      Buffer.alloc(64),
    );
    t.match(await revoke(client, foreign), { status: 400, body: { error: 'unsupported_token_type' } });
    t.same(revocations, []);
  },
);

t.test('a client that does not authenticate revokes nothing', async (t) => {
  const { client, other, tokenOf, post, revocations, refusals } = await start(t);
  const token = await tokenOf(client);
  const assertion = await other.form({ token, client_id: 'H26.motcua' });
  const cases: readonly (readonly [string, Record<string, string> | string, number, string])[] = [
    ['no authentication', { token }, 401, 'invalid_client'],
    ['a client id alone', { token, client_id: 'H26.motcua' }, 401, 'invalid_client'],
    ['another’s assertion', assertion, 401, 'invalid_client'],
    ['no token', await client.form(), 400, 'invalid_request'],
    ['a token twice', `token=${token}&token=${token}`, 400, 'invalid_request'],
  ];
  for (const [name, form, status, error] of cases) {
    const answer = await post(form, {}, REVOKE);
    t.match(answer, { status, body: { error } }, name);
    if (status === 401) t.match(answer.headers['www-authenticate'], /^Bearer .*error="invalid_client"/, name);
  }
  t.same([revocations, refusals], [[], []]);
});

t.test('a revocation that cannot be stored is not said to be', async (t) => {
  const { client, tokenOf, revoke } = await start(t, {
    records: { revoke: () => Promise.reject(new Error('no store')) },
  });
  t.match(await revoke(client, await tokenOf(client)), {
    status: 503,
    headers: { 'retry-after': '1' },
    body: { error: 'temporarily_unavailable' },
  });
});

t.test('while revocations are not known', async (t) => {
  let fresh = true;
  const { client, tokenOf, revoke } = await start(t, {
    revocations: { fresh: () => fresh, has: () => false, agreements: new Set(), onRevoked: () => () => {} },
  });
  const token = await tokenOf(client);
  fresh = false;
  t.match(await revoke(client, token), { status: 503, body: { error: 'temporarily_unavailable' } });
});

/** A limiter whose clock stands still: nothing is filled up again. */
function stopped(): Limiter {
  const limiter = createLimiter({ replicas: () => 1 });
  return { take: (agreement) => limiter.take(agreement, 0) };
}

t.test('a client that revokes too often is refused, and no other client is', async (t) => {
  const { client, other, tokenOf, revoke, revocations, refusals } = await start(t, { limiter: stopped() });
  const token = await tokenOf(other);
  // Requests that revoke nothing count too: each is looked at.
  for (let sent = 0; sent < 50; sent++) t.equal((await revoke(client, 'abc')).status, 200);
  t.match(await revoke(client, 'abc'), {
    status: 429,
    headers: { 'retry-after': '1', 'cache-control': 'no-store', ratelimit: /r=0/ },
    body: { error: 'temporarily_unavailable', error_description: 'too many revocations by this client' },
  });
  t.match(refusals, [
    {
      client: { system: { id: 'H26.motcua' } },
      service: 'oauth2.revoke',
      status: 429,
      reason: 'rate_limited',
    },
  ]);
  t.equal((await revoke(other, token)).status, 200);
  t.equal(revocations.length, 1);
});

t.test('refusals for the rate are recorded twenty times a minute', async (t) => {
  const { client, revoke, refusals } = await start(t, { limiter: stopped() });
  const answers = await Promise.all(Array.from({ length: 80 }, () => revoke(client, 'abc')));
  const refused = answers.filter(({ status }) => status === 429).length;
  t.equal(refused, 30);
  t.equal(refusals.length, 20);
});

t.test('a revoked token is not stored again', async (t) => {
  const { client, tokenOf, revoke, revocations } = await start(t, {
    revocations: {
      fresh: () => true,
      has: (kind) => kind === 'token',
      agreements: new Set(),
      onRevoked: () => () => {},
    },
  });
  t.equal((await revoke(client, await tokenOf(client))).status, 200);
  t.same(revocations, []);
});
