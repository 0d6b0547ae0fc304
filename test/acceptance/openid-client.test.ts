/** An OAuth client that knows nothing of this gateway: `openid-client` from npm, unmodified. */
import { webcrypto } from 'node:crypto';
import * as client from 'openid-client';
import t from 'tap';
import { readSamples } from './support/samples.ts';
import { startSandbox } from './support/sandbox.ts';

t.setTimeout(300_000);

const sandbox = await startSandbox(t);
const { persons, enterprises } = await readSamples(t);

/** The server as the library finds it, with the key of one of its clients. */
async function discover(system: string): Promise<client.Configuration> {
  const authentication = client.PrivateKeyJwt(await keyOf(system));
  return client.discovery(new URL(sandbox.url), system, undefined, authentication, {
    algorithm: 'oauth2', // RFC 8414, not OpenID's own place
    execute: [client.allowInsecureRequests],
  });
}

async function keyOf(system: string): Promise<client.PrivateKey> {
  const { kid, alg, ...jwk } = await sandbox.privateKey(system);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const key = await webcrypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']);
  return { key: key as client.CryptoKey, kid };
}

t.test('discovers the server', async (t) => {
  const metadata = (await discover('H26.motcua')).serverMetadata();
  t.equal(metadata.issuer, sandbox.url);
  t.ok(metadata.token_endpoint_auth_methods_supported?.includes('private_key_jwt'));
  t.ok(metadata.scopes_supported?.includes('population.person.lookup'));
});

t.test('gets a token for one service, and calls it', async (t) => {
  const config = await discover('H26.motcua');
  const token = await client.clientCredentialsGrant(config, { scope: 'population.person.lookup' });
  t.equal(token.token_type, 'bearer');
  t.equal(token.scope, 'population.person.lookup');
  t.ok(token.expiresIn()! <= 300);

  const lookUp = (path: string) =>
    client.fetchProtectedResource(
      config,
      token.access_token,
      new URL(path, sandbox.url),
      'POST',
      JSON.stringify({ personalId: persons.present[0] }),
      new Headers({
        'content-type': 'application/json',
        'x-purpose': 'dich-vu-cong',
        'x-case-id': 'H26.11-261122-0003',
        'x-officer-id': 'CB003',
      }),
    );
  const answer = await lookUp('/v1/population/persons/lookup');
  t.equal(answer.status, 200);
  t.match(await answer.json(), { data: { personalId: persons.present[0] } });

  t.match(
    await refusal(lookUp('/v1/population/persons/verify')),
    {
      code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
      status: 403,
      cause: [{ scheme: 'bearer', parameters: { error: 'insufficient_scope' } }],
    },
    'another service, not with this token',
  );
});

t.test('gets a token for all that its agreements name', async (t) => {
  const config = await discover('G12.thue');
  const token = await client.clientCredentialsGrant(config);
  const scopes = token.scope!.split(' ');
  for (const scope of ['business.enterprise.lookup', 'land.parcel.boundary', 'business.changes.read'])
    t.ok(scopes.includes(scope), scope);
  t.notOk(scopes.includes('population.person.verify'));
  const answer = await client.fetchProtectedResource(
    config,
    token.access_token,
    new URL(`/v1/business/enterprises/${enterprises.present[0]}`, sandbox.url),
    'GET',
    undefined,
    new Headers({ 'x-purpose': 'quan-ly-thue' }),
  );
  t.equal(answer.status, 200);
});

t.test("another system's key is refused in words that the library understands", async (t) => {
  const discovered = await discover('H26.motcua');
  const config = new client.Configuration(
    discovered.serverMetadata(),
    'H26.motcua',
    undefined,
    client.PrivateKeyJwt(await keyOf('G12.thue')),
  );
  client.allowInsecureRequests(config);
  t.match(await refusal(client.clientCredentialsGrant(config)), {
    code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
    status: 401,
    cause: [{ scheme: 'bearer', parameters: { error: 'invalid_client' } }],
  });
});

t.test('a scope is the name of a service, and issued only where an agreement grants it', async (t) => {
  const config = await discover('H29.thu');
  t.match(await refusal(client.clientCredentialsGrant(config, { scope: 'everything' })), {
    error: 'invalid_scope',
    status: 400,
  });
  const scope = 'business.enterprise.lookup';
  t.match(await refusal(client.clientCredentialsGrant(config, { scope })), {
    error: 'invalid_scope',
    status: 400,
    cause: { code: 'no_agreement', legalBasis: ['Nghị định 194/2025/NĐ-CP, Điều 16'] },
  });
  const desk = await client.clientCredentialsGrant(await discover('H26.motcua'), {
    scope: 'population.person.lookup business.changes.read',
  });
  t.equal(desk.scope, 'population.person.lookup', 'narrowed');

  // Without a scope: a token that opens the caller's own catalogue, and no service.
  const token = await client.clientCredentialsGrant(config);
  const read = (path: string) =>
    client.fetchProtectedResource(config, token.access_token, new URL(path, sandbox.url), 'GET');
  t.equal((await read('/v1/catalog/services')).status, 200);
  const answer = await read(`/v1/business/enterprises/${enterprises.present[0]}`);
  t.equal(answer.status, 403);
  t.match(await answer.json(), { code: 'no_agreement' });
});

t.test('a client revokes its own token, and no other', async (t) => {
  const [desk, tax] = [await discover('H26.motcua'), await discover('G12.thue')];
  const { access_token: token } = await client.clientCredentialsGrant(tax);
  const read = async () => {
    const answer = await fetch(`${sandbox.url}/v1/business/enterprises/${enterprises.present[0]}`, {
      headers: { authorization: `Bearer ${token}`, 'x-purpose': 'quan-ly-thue' },
    });
    await answer.body?.cancel();
    return answer.status;
  };
  t.equal(await read(), 200);
  t.match(await refusal(client.tokenRevocation(desk, token)), { error: 'invalid_grant', status: 400 });
  t.equal(await read(), 200);
  await client.tokenRevocation(tax, token);
  t.equal(await read(), 401);
});

/** What the library rejects with. */
async function refusal(call: Promise<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([call]);
  if (outcome.status === 'fulfilled') throw new Error('it was not refused');
  return outcome.reason;
}
