import t from 'tap';
import { metadataUrl } from '../../../gateway/identity/metadata.ts';
import { testClient } from './support/assertions.ts';
import { catalogOf, freshPool, ISSUER, run } from './support/identity.ts';

t.test('server metadata', async (t) => {
  const client = await testClient('H26.motcua');
  const { app } = await run(t, { pool: await freshPool(t), catalog: catalogOf([client.system]) });
  const response = await app.inject({
    url: '/.well-known/oauth-authorization-server',
    headers: { host: 'attacker.example', 'x-forwarded-host': 'attacker.example' },
  });
  t.equal(response.statusCode, 200);
  t.match(response.headers['content-type'], /^application\/json/);
  t.same(response.json(), {
    issuer: ISSUER,
    token_endpoint: `${ISSUER}/oauth2/token`,
    jwks_uri: `${ISSUER}/oauth2/jwks`,
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256'],
    tls_client_certificate_bound_access_tokens: false,
    dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256'],
    scopes_supported: [
      'business.changes.read',
      'business.digest.read',
      'business.enterprise.lookup',
      'business.snapshot.read',
      'population.person.lookup',
    ],
    service_documentation: `${ISSUER}/docs`,
  });
  const jwks = await app.inject('/oauth2/jwks');
  t.match(jwks.headers['content-type'], /^application\/jwk-set\+json/);
  t.equal(jwks.json().keys.length, 1);
});

t.test('an issuer with a path', async (t) => {
  const publicUrl = 'https://gateway.example/lien-thong';
  const { app } = await run(t, { pool: await freshPool(t), catalog: catalogOf([]), publicUrl });
  const { pathname } = new URL(metadataUrl(publicUrl));
  t.equal(pathname, '/.well-known/oauth-authorization-server/lien-thong');
  t.match((await app.inject(pathname)).json(), {
    issuer: publicUrl,
    token_endpoint: `${publicUrl}/oauth2/token`,
  });
});

t.test('the place of the metadata', async (t) => {
  t.equal(metadataUrl('https://a.example'), 'https://a.example/.well-known/oauth-authorization-server');
  t.equal(
    metadataUrl('https://a.example/b/c'),
    'https://a.example/.well-known/oauth-authorization-server/b/c',
  );
});
