/** The registered method of client authentication (RFC 7591, `token_endpoint_auth_method`), and what it goes with. */
import t from 'tap';
import { authMethodOf } from '../../../../gateway/catalog/compile/auth-method.ts';
import { loadCatalog } from '../../../../gateway/catalog/live/load.ts';
import { generateKey } from '../../../../gateway/client/client.ts';
import { copyContracts, findingsIn } from '../../../support/contracts.ts';

const none = { jwks: { keys: [] } };
const keys = { jwks: { keys: [{ kty: 'EC', kid: 'a' }] } };
const address = { jwksUri: 'https://a.example/jwks' };
const named = { subjectDn: 'CN=a' };
const listed = { thumbprints: ['A'.repeat(43)] };

t.test('a file that names no method', (t) => {
  const cases = [
    ['nothing to authenticate by', none, undefined, 'private_key_jwt'],
    ['keys', keys, undefined, 'private_key_jwt'],
    ['an address of keys', address, undefined, 'private_key_jwt'],
    ['keys and a certificate: that only binds', keys, named, 'private_key_jwt'],
    ['an address and thumbprints', address, listed, 'private_key_jwt'],
    ['a named certificate alone', none, named, 'tls_client_auth'],
    ['thumbprints alone', none, listed, 'self_signed_tls_client_auth'],
  ] as const;
  for (const [name, given, certificate, expected] of cases) {
    t.same(authMethodOf(undefined, given, certificate), { name: expected, fault: undefined }, name);
  }
  t.end();
});

t.test('a method that cannot work', (t) => {
  const cases = [
    ['private_key_jwt', none, named, undefined],
    ['tls_client_auth', keys, named, undefined],
    ['self_signed_tls_client_auth', keys, listed, undefined],
    ['tls_client_auth', keys, undefined, /needs certificate/],
    ['self_signed_tls_client_auth', none, undefined, /needs certificate/],
    ['tls_client_auth', none, listed, /thumbprints are for self_signed_tls_client_auth/],
    ['self_signed_tls_client_auth', none, named, /needs the thumbprints/],
  ] as const;
  for (const [method, given, certificate, fault] of cases) {
    const found = authMethodOf(method, given, certificate);
    t.equal(found.name, method);
    if (fault) t.match(found.fault, fault);
    else t.equal(found.fault, undefined, method);
  }
  t.end();
});

t.test('in the file of an agency', async (t) => {
  const { publicJwk } = await generateKey();
  const agency = (system: object) => ({
    'contracts/agencies/K01.yaml': () =>
      JSON.stringify({
        agency: 'K01',
        name: { vi: 'a', en: 'a' },
        systems: [{ system: 'K01.mot', name: { vi: 'a', en: 'a' }, ...system }],
      }),
  });
  const methodOf = async (system: object) =>
    (await loadCatalog(await copyContracts(t, agency(system)))).systems.get('K01.mot')!.authMethod;
  const jwks = { keys: [publicJwk] };
  t.equal(await methodOf({ jwks, certificate: named }), 'private_key_jwt');
  t.equal(await methodOf({ certificate: named }), 'tls_client_auth');
  t.equal(
    await methodOf({ jwks, certificate: named, token_endpoint_auth_method: 'tls_client_auth' }),
    'tls_client_auth',
  );
  const wrong = await findingsIn(
    await copyContracts(t, agency({ jwks, token_endpoint_auth_method: 'tls_client_auth' })),
  );
  t.match(wrong, [{ file: 'agencies/K01.yaml', line: 1, message: /tls_client_auth needs certificate/ }]);
  for (const method of ['client_secret_basic', 'client_secret_jwt', 'none', '', null]) {
    const findings = await findingsIn(
      await copyContracts(t, agency({ jwks, token_endpoint_auth_method: method })),
    );
    t.ok(findings.length > 0, String(method));
  }
});
