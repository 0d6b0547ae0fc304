import { decodeJwt, decodeProtectedHeader } from 'jose';
import t, { type Test } from 'tap';
import { openPool } from '../../../../gateway/store/pool.ts';
import { migrate } from '../../../../gateway/store/prepare/migrate.ts';
import { ownPostgres } from '../../../support/database.ts';
import { testClient } from '../support/assertions.ts';
import { catalogOf, freshPool, ISSUER, NOW, presented, run } from '../support/identity.ts';

/** Of all that the client's agreements name. */
const ALL =
  'business.changes.read business.digest.read business.snapshot.read land.parcel.lookup population.person.lookup';

async function start(t: Test) {
  const client = await testClient('H26.motcua');
  const nobody = await testClient('H29.thu');
  const catalog = catalogOf([client.system, nobody.system], {
    granted: { 'H26.motcua': ['population.person.lookup', 'land.parcel.lookup', 'business.changes.read'] },
  });
  return { client, nobody, ...(await run(t, { pool: await freshPool(t), catalog })) };
}

t.test('an access token by RFC 9068', async (t) => {
  const { client, post, app, metrics, identity } = await start(t);
  const { status, headers, body } = await post(await client.form());
  t.equal(status, 200);
  t.match(headers, { 'cache-control': 'no-store', pragma: 'no-cache', 'content-type': /^application\/json/ });
  t.match(body, {
    token_type: 'Bearer',
    expires_in: 300,
    scope: ALL,
  });
  const token = String(body.access_token);
  const jwks = (await app.inject('/oauth2/jwks')).json();
  t.same(decodeProtectedHeader(token), { alg: 'ES256', typ: 'at+jwt', kid: jwks.keys[0].kid });
  const { jti, ...claims } = decodeJwt(token);
  t.same(claims, {
    iss: ISSUER,
    aud: ISSUER,
    sub: 'H26.motcua',
    client_id: 'H26.motcua',
    scope: ALL,
    agency: 'H26',
    client_key: client.publicJwk.kid,
    iat: NOW / 1000,
    exp: NOW / 1000 + 300,
  });
  t.match(jti, /^[0-9a-f-]{36}$/);
  t.match(await identity.authenticate(presented(`Bearer ${token}`)), {
    system: 'H26.motcua',
    keyThumbprint: client.publicJwk.kid,
    tokenId: jti,
  });
  t.match(await metrics.tokens.get(), { values: [{ value: 1, labels: { outcome: 'ok' } }] });
});

t.test('scope narrows', async (t) => {
  const { client, nobody, post } = await start(t);
  const ask = async (scope: string) => {
    const { status, body } = await post(await client.form({ scope }));
    return status === 200 ? body.scope : body.error;
  };
  t.equal(await ask('population.person.lookup'), 'population.person.lookup');
  t.equal(await ask('business.changes.read'), 'business.changes.read', 'a stream');
  t.equal(
    await ask('population.person.lookup business.changes.read population.person.lookup'),
    'population.person.lookup business.changes.read',
  );
  t.equal(await ask('business.enterprise.lookup'), 'invalid_scope', 'no agreement names it');
  t.equal(
    await ask('business.enterprise.lookup population.person.lookup'),
    'population.person.lookup',
    'narrowed to what an agreement names',
  );
  for (const scope of [
    'openid',
    'population.person',
    'population.person.lookup@1',
    ' ',
    'population.person.lookup ',
    'constructor',
  ]) {
    t.equal(await ask(scope), 'invalid_scope', scope);
  }
  const none = await post(await nobody.form());
  t.match(
    [none.status, none.body.scope],
    [200, undefined],
    'no agreement at all: a scope has one word at least',
  );
  t.match(await post(await nobody.form({ scope: 'population.person.lookup' })), {
    status: 400,
    body: { error: 'invalid_scope' },
  });
  t.match(
    await post(await client.form({ scope: '' })),
    { status: 200, body: { scope: ALL } },
    'without a value: as if absent (RFC 6749, 3.2)',
  );
});

t.test('the refusal of a client states its reason, and is recorded', async (t) => {
  const { nobody, post, refusals, metrics } = await start(t);
  const form = await nobody.form({ scope: 'population.person.lookup business.changes.read' });
  const legalBasis = ['Nghị định 194/2025/NĐ-CP, Điều 16'];
  const { status, headers, body } = await post(form, { 'accept-language': 'en' });
  t.equal(status, 400);
  t.match(headers, { 'cache-control': 'no-store' });
  t.match(body, {
    error: 'invalid_scope',
    error_description: /^[\x20-\x21\x23-\x5b\x5d-\x7e]*Decree 194\/2025[\x20-\x21\x23-\x5b\x5d-\x7e]*$/,
    code: 'no_agreement',
    detail: 'This system has no data-sharing agreement for the service.',
    legalBasis,
    requestId: /./,
  });
  t.notOk(body.access_token);
  t.match(refusals, [
    {
      client: { system: { id: 'H29.thu' }, keyThumbprint: nobody.publicJwk.kid },
      ...{ service: 'oauth2.token', status: 400, code: 'invalid_scope', reason: 'no_agreement' },
      ...{ requestId: body.requestId, agreement: undefined, legalBasis },
      request: Buffer.from(new URLSearchParams(form).toString()),
    },
  ]);
  t.match((await post(await nobody.form({ scope: 'openid' }))).body, { error: 'invalid_scope' });
  t.match(refusals.slice(1), [{ code: 'invalid_scope', reason: undefined, legalBasis: [] }]);
  t.match(await metrics.tokens.get(), { values: [{ value: 2, labels: { outcome: 'invalid_scope' } }] });

  // Who has not authenticated leaves no evidence.
  await post({ ...form, scope: 'population.person.lookup' });
  await post({ grant_type: 'client_credentials', client_id: 'H29.thu' });
  t.equal(refusals.length, 2);
});

t.test('a refusal that cannot be recorded is another refusal', async (t) => {
  const nobody = await testClient('H29.thu');
  const { post } = await run(t, {
    pool: await freshPool(t),
    catalog: catalogOf([nobody.system]),
    records: { refused: () => Promise.reject(new Error('no store')) },
  });
  t.match(await post(await nobody.form({ scope: 'population.person.lookup' })), {
    status: 503,
    headers: { 'retry-after': '1' },
    body: { error: 'temporarily_unavailable' },
  });
});

t.test('a revoked client is recorded, and cannot fill the log', async (t) => {
  const client = await testClient('H26.motcua');
  const { post, refusals, clock } = await run(t, {
    pool: await freshPool(t),
    catalog: catalogOf([client.system]),
    revocations: {
      fresh: () => true,
      has: (kind, value) => kind === 'system' && value === 'H26.motcua',
      agreements: new Set(),
      onRevoked: () => () => {},
    },
  });
  for (let count = 0; count < 25; count++) {
    t.match(await post(await client.form()), { status: 401, body: { error: 'invalid_client' } });
  }
  t.equal(refusals.length, 20, 'in one minute');
  t.match(refusals[0], {
    client: { system: { id: 'H26.motcua' } },
    ...{ status: 401, code: 'invalid_client', reason: 'revoked' },
  });
  clock.at += 60_000;
  await post(await client.form({}, clock.at));
  t.equal(refusals.length, 21);
});

t.test('a 401 says how to authenticate (RFC 9110, 15.5.2; RFC 6749, 5.2)', async (t) => {
  const { client, post } = await start(t);
  const challenge =
    /^Bearer realm="lienthong", error="invalid_client", error_description="[\x20-\x21\x23-\x5b\x5d-\x7e]+"$/;
  const cases: readonly (readonly [string, Record<string, string>, Record<string, string>, RegExp])[] = [
    ['nothing', { grant_type: 'client_credentials' }, {}, challenge],
    ['no client', await client.form({ client_assertion: 'x' }), {}, challenge],
    ['another client', await client.form({ client_id: 'H29.thu' }), {}, challenge],
    [
      'Basic',
      { grant_type: 'client_credentials' },
      { authorization: 'basic dTpw' },
      /^Basic realm="lienthong"$/,
    ],
    ['Bearer', { grant_type: 'client_credentials' }, { authorization: 'Bearer x' }, challenge],
  ];
  for (const [name, form, headers, expected] of cases) {
    const answer = await post(form, headers);
    t.match(answer, { status: 401, body: { error: 'invalid_client' } }, name);
    t.match(answer.headers['www-authenticate'], expected, name);
  }
});

t.test('requests that are not well-formed', async (t) => {
  const { client, post, app, metrics } = await start(t);
  const valid = new URLSearchParams(await client.form()).toString();
  const without = async (...names: string[]) => {
    const form = await client.form();
    for (const name of names) delete form[name];
    return form;
  };
  const cases: readonly (readonly [string, Record<string, string> | string, number, string])[] = [
    ['nothing', '', 400, 'invalid_request'],
    ['no grant type', await without('grant_type'), 400, 'invalid_request'],
    ['another grant type', await client.form({ grant_type: 'password' }), 400, 'unsupported_grant_type'],
    ['no authentication', { grant_type: 'client_credentials' }, 401, 'invalid_client'],
    [
      'a client secret',
      { grant_type: 'client_credentials', client_id: 'H26.motcua', client_secret: 'x' },
      401,
      'invalid_client',
    ],
    ['an assertion and a secret', await client.form({ client_secret: 'x' }), 400, 'invalid_request'],
    ['no assertion type', await without('client_assertion_type'), 400, 'invalid_request'],
    ['no assertion', await without('client_assertion'), 400, 'invalid_request'],
    [
      'another assertion type',
      await client.form({
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
      }),
      401,
      'invalid_client',
    ],
    ['another resource', await client.form({ resource: 'https://other.example' }), 400, 'invalid_target'],
    ['another audience', await client.form({ audience: 'https://other.example' }), 400, 'invalid_target'],
    ['a parameter twice', `${valid}&grant_type=client_credentials`, 400, 'invalid_request'],
    ['an unknown parameter twice', `${valid}&x=1&x=1`, 400, 'invalid_request'],
    ['a parameter twice, once without a value', `${valid}&scope&scope=`, 400, 'invalid_request'],
    ['a name twice, written two ways', `${valid}&%67rant_type=client_credentials`, 400, 'invalid_request'],
    ['a broken escape', `${valid}&x=%`, 400, 'invalid_request'],
    ['an escape of no UTF-8', `${valid}&x=%ff`, 400, 'invalid_request'],
    ['too large', `${valid}&x=${'x'.repeat(16_384)}`, 413, 'invalid_request'],
  ];
  for (const [name, form, expected, error] of cases) {
    const { status, headers, body } = await post(form);
    t.match({ status, error: body.error }, { status: expected, error }, name);
    t.equal(headers['cache-control'], 'no-store', name);
  }
  t.match(await post(valid), { status: 200 }, 'none of them used the assertion up');

  const json = await post('{"grant_type":"client_credentials"}', { 'content-type': 'application/json' });
  t.match(json, { status: 400, body: { error: 'invalid_request' } }, 'JSON');
  const bare = await app.inject({ method: 'POST', url: '/oauth2/token' });
  t.match(bare.json(), { error: 'invalid_request' }, 'no body at all');
  const basic = await post({ grant_type: 'client_credentials' }, { authorization: 'Basic dTpw' });
  t.match(basic, {
    status: 401,
    body: { error: 'invalid_client' },
    headers: { 'www-authenticate': /^Basic / },
  });
  const both = await post(await client.form(), { authorization: 'Basic dTpw' });
  t.match(both, { status: 400, body: { error: 'invalid_request' } }, 'two methods of authentication');
  const resource = await post(await client.form({ resource: ISSUER, audience: ISSUER }));
  t.equal(resource.status, 200, 'the gateway itself as resource');
  t.match(await metrics.tokens.get(), { values: [{ labels: { outcome: 'invalid_request' } }] });
});

t.test('without its store the endpoint issues nothing, and issued tokens go on', async (t) => {
  const server = await ownPostgres(t);
  const pool = openPool({ url: server.url, name: 'test', max: 2, onIdleError: () => {} });
  t.teardown(() => pool.end());
  await migrate(pool);
  const client = await testClient('H26.motcua');
  const { post, identity, metrics } = await run(t, { pool, catalog: catalogOf([client.system]) });
  const first = await post(await client.form());
  const second = await post(await client.form());
  await identity.authenticate(presented(`Bearer ${first.body.access_token}`));

  await server.halt();
  const answer = await post(await client.form());
  t.match(answer, {
    status: 503,
    headers: { 'retry-after': '5', 'cache-control': 'no-store' },
    body: { error: 'temporarily_unavailable' },
  });
  t.notOk(answer.body.access_token);
  for (const { body } of [first, second]) {
    t.match(await identity.authenticate(presented(`Bearer ${body.access_token}`)), { system: 'H26.motcua' });
  }
  t.equal(identity.health().ready, true);
  t.match(await metrics.tokens.get(), { values: [{}, { labels: { outcome: 'temporarily_unavailable' } }] });

  await server.start();
  t.match(await post(await client.form()), { status: 200 }, 'back again');
});
