/** The gateway's own small client, against a running Identity. */
import t, { type Test } from 'tap';
import { createClient, generateKey, TokenError } from '../../../gateway/client/client.ts';
import {
  catalogOf,
  freshPool,
  ISSUER,
  inlineKeys,
  NOW,
  presented,
  run,
  system,
} from '../identity/support/identity.ts';

async function start(t: Test) {
  const { privateJwk, publicJwk } = await generateKey();
  const catalog = catalogOf([system('H26.motcua', inlineKeys(publicJwk))], {
    granted: { 'H26.motcua': ['population.person.lookup'] },
  });
  const clock = { at: NOW };
  const running = await run(t, { pool: await freshPool(t), catalog, clock });
  const calls: string[] = [];
  // The way to the gateway without a network: the issuer's name is not one that resolves.
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { pathname } = new URL(String(input));
    calls.push(pathname);
    const response = await running.app.inject({
      method: init?.method === 'POST' ? 'POST' : 'GET',
      url: pathname,
      headers: init?.method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {},
      payload: init?.body ? String(init.body) : undefined,
    });
    return new Response(response.payload, { status: response.statusCode });
  };
  const client = createClient({
    issuer: ISSUER,
    clientId: 'H26.motcua',
    privateJwk,
    fetch,
    now: () => clock.at,
  });
  return { ...running, client, calls, fetch, privateJwk };
}

t.test('a token is kept, and renewed 30 seconds before its end', async (t) => {
  const { client, identity, calls, clock } = await start(t);
  const tokens = await Promise.all([client.token(), client.token(), client.token()]);
  t.equal(new Set(tokens).size, 1);
  t.same(calls, ['/.well-known/oauth-authorization-server', '/oauth2/token']);
  t.match(await identity.authenticate(presented(`Bearer ${tokens[0]}`)), { system: 'H26.motcua' });
  clock.at = NOW + 269_999;
  t.equal(await client.token(), tokens[0]);
  clock.at = NOW + 270_000;
  const renewed = await client.token();
  t.not(renewed, tokens[0]);
  t.equal(await client.token(), renewed);
  t.equal(calls.length, 3, 'no second discovery');
  client.forget();
  t.not(await client.token(), renewed);
});

t.test('one token for each scope', async (t) => {
  const { client, identity } = await start(t);
  const token = await client.token('population.person.lookup');
  t.not(await client.token(), token);
  t.equal(await client.token('population.person.lookup'), token);
  const caller = await identity.authenticate(presented(`Bearer ${token}`));
  t.same([...caller.scopes], ['population.person.lookup']);
});

t.test('refusals are reported, and not cached', async (t) => {
  const { client, fetch, privateJwk } = await start(t);
  await t.rejects(
    client.token('nothing'),
    new TokenError(400, 'invalid_scope', 'a scope is not the name of a service or a change stream'),
  );
  await t.rejects(client.token('nothing'), { code: 'invalid_scope' });
  const stranger = createClient({ issuer: ISSUER, clientId: 'X.y', privateJwk, fetch, now: () => NOW });
  await t.rejects(stranger.token(), { status: 401, code: 'invalid_client' });
});

t.test('metadata of another issuer are not believed', async (t) => {
  const { privateJwk } = await generateKey();
  const fetch = async () =>
    Response.json({ issuer: 'https://other.example', token_endpoint: 'https://other.example/t' });
  const client = createClient({ issuer: ISSUER, clientId: 'H26.motcua', privateJwk, fetch });
  await t.rejects(client.token(), { name: 'NoGatewayError', message: /is not of this gateway/ });
});
