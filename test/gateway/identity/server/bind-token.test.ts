/** To what a new token is bound, and which tokens are not issued or taken unbound (RFC 9449, 5; RFC 8705, 3). */
import { decodeJwt } from 'jose';
import t, { type Test } from 'tap';
import type { System } from '../../../../gateway/catalog/catalog.ts';
import { Problem } from '../../../../gateway/problems/problem.ts';
import type { Pool } from '../../../../gateway/store/pool.ts';
import { type Certificate, makeAuthority, makeCertificate } from '../../../support/certificates.ts';
import { testClient } from '../support/assertions.ts';
import { catalogOf, freshPool, ISSUER, NOW, presented, run } from '../support/identity.ts';
import { dpopKey } from '../support/proofs.ts';

const DAY = 86_400_000;
const dates = { notBefore: new Date(NOW - DAY), notAfter: new Date(NOW + DAY) };
const authority = makeAuthority('Clients');
const own = makeCertificate({ subject: [['CN', 'own']], ...dates }, authority);
const other = makeCertificate({ subject: [['CN', 'other']], ...dates }, authority);
const strangers = makeCertificate({ subject: [['CN', 'own']], ...dates }, makeAuthority('Clients'));
const certificate = { subjectDn: 'CN=own' };

async function start(t: Test, pool: Pool, contract: Partial<System>, requireBoundTokens: boolean) {
  const client = await testClient('H26.motcua');
  const running = await run(t, {
    pool,
    catalog: catalogOf([{ ...client.system, ...contract }]),
    certificates: { byTls: false, trustedProxies: ['127.0.0.1'], authorities: [authority.x509] },
    requireBoundTokens,
  });
  const key = dpopKey();
  /** Asks for a token with what is shown, by the registered method. */
  const ask = async (shown: { proof?: boolean; certificate?: Certificate }) => {
    const nonce = running.identity.dpopNonce();
    const headers = {
      ...(shown.proof && { dpop: key.proof({ method: 'POST', url: `${ISSUER}/oauth2/token`, nonce }) }),
      ...(shown.certificate && { 'client-cert': shown.certificate.header }),
    };
    const form =
      contract.authMethod === 'tls_client_auth'
        ? { grant_type: 'client_credentials', client_id: client.system.id }
        : await client.form();
    const { status, body } = await running.post(form, headers);
    if (status !== 200) return String(body.error);
    const { cnf } = decodeJwt(String(body.access_token));
    return { type: body.token_type, cnf };
  };
  return { ...running, client, key, ask };
}

t.test('the credentials of a request, and the key that the token is bound to', async (t) => {
  const pool = await freshPool(t);
  const jkt = true;
  const x5t = own.thumbprint;
  type Expected = string | { type: string; cnf: { jkt?: true; 'x5t#S256'?: string } | undefined };
  const bearer = { type: 'Bearer', cnf: undefined };
  const dpop = { type: 'DPoP', cnf: { jkt } } as const;
  const mtls = { type: 'Bearer', cnf: { 'x5t#S256': x5t } };
  const both = { type: 'DPoP', cnf: { jkt, 'x5t#S256': x5t } } as const;
  const byTls = { certificate, authMethod: 'tls_client_auth' } as const;
  const cases: readonly [
    name: string,
    contract: Partial<System>,
    shown: { proof?: boolean; certificate?: Certificate },
    expected: Expected,
    whenRequired: Expected,
  ][] = [
    ['nothing', {}, {}, bearer, 'invalid_dpop_proof'],
    ['a proof', {}, { proof: true }, dpop, dpop],
    ['a certificate that is not named', {}, { certificate: own }, bearer, mtls],
    ['one of no authority', {}, { certificate: strangers }, bearer, 'invalid_request'],
    ['nothing, one is named', { certificate }, {}, bearer, 'invalid_dpop_proof'],
    ['the named one', { certificate }, { certificate: own }, mtls, mtls],
    ['another one', { certificate }, { certificate: other }, bearer, 'invalid_request'],
    ['the named one and a proof', { certificate }, { proof: true, certificate: own }, dpop, dpop],
    ['another one and a proof', { certificate }, { proof: true, certificate: other }, dpop, dpop],
    ['it authenticates', byTls, { certificate: own }, mtls, mtls],
    ['it authenticates, and a proof', byTls, { proof: true, certificate: own }, dpop, dpop],
    ['binding dpop: nothing', { binding: 'dpop' }, {}, 'invalid_dpop_proof', 'invalid_dpop_proof'],
    [
      'binding dpop: a certificate',
      { binding: 'dpop', certificate },
      { certificate: own },
      'invalid_dpop_proof',
      'invalid_dpop_proof',
    ],
    [
      'binding dpop, it authenticates',
      { binding: 'dpop', ...byTls },
      { certificate: own },
      'invalid_dpop_proof',
      'invalid_dpop_proof',
    ],
    [
      'binding dpop, it authenticates, and a proof',
      { binding: 'dpop', ...byTls },
      { proof: true, certificate: own },
      dpop,
      dpop,
    ],
    ['binding mtls: nothing', { binding: 'mtls' }, {}, 'invalid_request', 'invalid_request'],
    ['binding mtls: a proof', { binding: 'mtls' }, { proof: true }, 'invalid_request', 'invalid_request'],
    ['binding mtls: a certificate', { binding: 'mtls' }, { certificate: own }, mtls, mtls],
    [
      'binding mtls: another one',
      { binding: 'mtls', certificate },
      { certificate: other },
      'invalid_request',
      'invalid_request',
    ],
    ['binding mtls: both', { binding: 'mtls' }, { proof: true, certificate: own }, both, both],
  ];
  for (const required of [false, true]) {
    for (const [name, contract, shown, expected, whenRequired] of cases) {
      const { ask, key } = await start(t, pool, contract, required);
      const wanted = required ? whenRequired : expected;
      const got = await ask(shown);
      t.same(
        got,
        typeof wanted === 'string'
          ? wanted
          : { ...wanted, cnf: wanted.cnf && { ...wanted.cnf, ...(wanted.cnf.jkt && { jkt: key.jkt }) } },
        `${name}${required ? ', required' : ''}`,
      );
    }
  }
});

t.test('REQUIRE_BOUND_TOKENS: an unbound token opens nothing, whoever issued it', async (t) => {
  const client = await testClient('H26.motcua');
  const pool = await freshPool(t);
  const catalog = catalogOf([client.system]);
  const lax = await run(t, { pool, catalog });
  const strict = await run(t, { pool, catalog, requireBoundTokens: true });
  const { body } = await lax.post(await client.form());
  const token = `Bearer ${body.access_token}`;
  t.match(await lax.identity.authenticate(presented(token)), { system: 'H26.motcua' }, 'a bearer token');
  const refused = await Promise.resolve()
    .then(() => strict.identity.authenticate(presented(token)))
    .catch((error: unknown) => error);
  t.ok(refused instanceof Problem);
  t.match(refused, {
    code: 'token_invalid',
    status: 401,
    members: {
      reason: 'binding_required',
      headers: { 'WWW-Authenticate': /^DPoP .*error="invalid_token"/ },
    },
    attributedTo: { system: 'H26.motcua' },
  });
  t.match(await strict.post(await client.form()), {
    status: 400,
    body: { error: 'invalid_dpop_proof', error_description: /no token is issued unbound/ },
  });
  t.match(strict.refusals, [{ client: { system: { id: 'H26.motcua' } }, reason: 'binding_required' }]);
});
