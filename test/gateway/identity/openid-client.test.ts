/** The npm client `openid-client`, unmodified, discovers the gateway and gets tokens that it accepts. */
import { exportJWK, generateKeyPair } from 'jose';
import * as openid from 'openid-client';
import t from 'tap';
import { freePort } from '../../../deploy/sandbox/processes/free-port.ts';
import { catalogOf, freshPool, inlineKeys, presented, run, system } from './support/identity.ts';

const ALGORITHMS = [
  { alg: 'ES256', options: {} },
  { alg: 'EdDSA', options: { crv: 'Ed25519' } },
  { alg: 'PS256', options: { modulusLength: 2048 } },
];

for (const { alg, options } of ALGORITHMS) {
  t.test(`openid-client with a key for ${alg}`, async (t) => {
    const pool = await freshPool(t);
    const pair = await generateKeyPair(alg, { extractable: true, ...options });
    const catalog = catalogOf(
      [system('H26.motcua', inlineKeys({ ...(await exportJWK(pair.publicKey)), kid: 'a', alg }))],
      { granted: { 'H26.motcua': ['population.person.lookup', 'land.parcel.lookup'] } },
    );
    const port = await freePort();
    const publicUrl = `http://127.0.0.1:${port}`;
    const { app, identity } = await run(t, { pool, catalog, publicUrl, clock: { at: Date.now() } });
    await app.listen({ port, host: '127.0.0.1' });

    const configuration = await openid.discovery(
      new URL(publicUrl),
      'H26.motcua',
      undefined,
      openid.PrivateKeyJwt({ key: pair.privateKey, kid: 'a' }),
      { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
    );
    const whole = await openid.clientCredentialsGrant(configuration);
    t.match(whole, {
      token_type: 'bearer',
      expires_in: 300,
      scope: 'land.parcel.lookup population.person.lookup',
    });
    const narrowed = await openid.clientCredentialsGrant(configuration, {
      scope: 'population.person.lookup business.enterprise.lookup',
    });
    t.equal(narrowed.scope, 'population.person.lookup', 'to what an agreement grants');
    const caller = await identity.authenticate(presented(`Bearer ${narrowed.access_token}`));
    t.match(caller, { agency: 'H26', system: 'H26.motcua' });
    t.same([...caller.scopes], ['population.person.lookup']);
    const refusal = await openid
      .clientCredentialsGrant(configuration, { scope: 'nothing' })
      .catch((error: unknown) => error);
    t.match(refusal, { error: 'invalid_scope' });
    const stranger = new openid.Configuration(
      configuration.serverMetadata(),
      'H26.motcua',
      undefined,
      openid.PrivateKeyJwt({ key: (await generateKeyPair(alg, options)).privateKey, kid: 'a' }),
    );
    openid.allowInsecureRequests(stranger);
    t.match(await openid.clientCredentialsGrant(stranger).catch((error: unknown) => error), {
      status: 401,
      cause: [{ scheme: 'bearer', parameters: { error: 'invalid_client' } }],
    });
  });
}
