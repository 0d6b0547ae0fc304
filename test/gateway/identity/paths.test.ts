import t from 'tap';
import { metadataUrl, resourceMetadataUrl } from '../../../gateway/identity/paths.ts';
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
    revocation_endpoint: `${ISSUER}/oauth2/revoke`,
    jwks_uri: `${ISSUER}/oauth2/jwks`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256'],
    revocation_endpoint_auth_methods_supported: ['private_key_jwt'],
    revocation_endpoint_auth_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256'],
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
    protected_resources: [ISSUER],
  });
  // RFC 8414, 3.2: what has no value is left out; there is no authorization endpoint, and so no response type.
  for (const [name, value] of Object.entries(response.json())) {
    t.notOk(Array.isArray(value) && value.length === 0, name);
  }
  const jwks = await app.inject('/oauth2/jwks');
  t.match(jwks.headers['content-type'], /^application\/jwk-set\+json/);
  t.equal(jwks.json().keys.length, 1);
});

t.test('protected resource metadata (RFC 9728)', async (t) => {
  const client = await testClient('H26.motcua');
  const pool = await freshPool(t);
  const catalog = catalogOf([client.system]);
  const { app } = await run(t, { pool, catalog });
  const response = await app.inject({
    url: '/.well-known/oauth-protected-resource',
    headers: { host: 'attacker.example' },
  });
  t.match(response.headers['content-type'], /^application\/json/);
  t.same(response.json(), {
    resource: ISSUER,
    authorization_servers: [ISSUER],
    jwks_uri: `${ISSUER}/oauth2/jwks`,
    scopes_supported: [
      'business.changes.read',
      'business.digest.read',
      'business.enterprise.lookup',
      'business.snapshot.read',
      'population.person.lookup',
    ],
    bearer_methods_supported: ['header'],
    resource_name: 'Liên Thông',
    resource_documentation: `${ISSUER}/docs`,
    tls_client_certificate_bound_access_tokens: false,
    dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256'],
    dpop_bound_access_tokens_required: false,
  });
  const strict = await run(t, { pool, catalog, requireBoundTokens: true });
  t.match((await strict.app.inject('/.well-known/oauth-protected-resource')).json(), {
    dpop_bound_access_tokens_required: true,
  });
});

t.test('an issuer with a path', async (t) => {
  const publicUrl = 'https://gateway.example/lien-thong';
  const { app } = await run(t, { pool: await freshPool(t), catalog: catalogOf([]), publicUrl });
  const { pathname } = new URL(metadataUrl(publicUrl));
  t.equal(pathname, '/.well-known/oauth-authorization-server/lien-thong');
  t.match((await app.inject(pathname)).json(), {
    issuer: publicUrl,
    token_endpoint: `${publicUrl}/oauth2/token`,
    revocation_endpoint: `${publicUrl}/oauth2/revoke`,
  });
  const resource = new URL(resourceMetadataUrl(publicUrl)).pathname;
  t.equal(resource, '/.well-known/oauth-protected-resource/lien-thong');
  t.match((await app.inject(resource)).json(), { resource: publicUrl, authorization_servers: [publicUrl] });
});

t.test('the place of the metadata', async (t) => {
  t.equal(metadataUrl('https://a.example'), 'https://a.example/.well-known/oauth-authorization-server');
  t.equal(
    metadataUrl('https://a.example/b/c'),
    'https://a.example/.well-known/oauth-authorization-server/b/c',
  );
});
