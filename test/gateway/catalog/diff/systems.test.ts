/** `lienthong diff` names what systems must do differently at the token endpoint. */
import t from 'tap';
import { compareCatalogs, renderDiff } from '../../../../gateway/catalog/diff/diff.ts';
import { loadCatalog } from '../../../../gateway/catalog/live/load.ts';
import { generateKey } from '../../../../gateway/client/client.ts';
import { copyContracts } from '../../../support/contracts.ts';

const { publicJwk } = await generateKey();
const jwks = { keys: [publicJwk] };
const certificate = { subjectDn: 'CN=a' };

async function catalogWith(t: Parameters<typeof copyContracts>[0], system: object) {
  const file = {
    agency: 'K01',
    name: { vi: 'a', en: 'a' },
    systems: [{ system: 'K01.mot', name: { vi: 'a', en: 'a' }, ...system }],
  };
  return loadCatalog(await copyContracts(t, { 'contracts/agencies/K01.yaml': () => JSON.stringify(file) }));
}

const cases: readonly [name: string, before: object, after: object, breaks: boolean, lines: RegExp][] = [
  [
    'another method',
    { jwks, certificate },
    { jwks, certificate, token_endpoint_auth_method: 'tls_client_auth' },
    true,
    /Systems\n {2}K01\.mot\n {4}! token_endpoint_auth_method: private_key_jwt → tls_client_auth/,
  ],
  [
    'keys taken away: the certificate authenticates now',
    { jwks, certificate },
    { certificate },
    true,
    /! token_endpoint_auth_method: private_key_jwt → tls_client_auth/,
  ],
  ['tokens must be bound', { jwks }, { jwks, binding: 'dpop' }, true, /! binding: \(none\) → dpop/],
  ['tokens need not be bound', { jwks, binding: 'dpop' }, { jwks }, false, /~ binding: dpop → \(none\)/],
  ['a certificate', { jwks }, { jwks, certificate }, false, /~ certificate: \(none\) → subjectDn CN=a/],
  [
    'another certificate',
    { jwks, certificate },
    { jwks, certificate: { sanDns: 'a.example' } },
    true,
    /! certificate: subjectDn CN=a → sanDns a\.example/,
  ],
];
for (const [name, before, after, breaks, lines] of cases) {
  t.test(name, async (t) => {
    const diff = compareCatalogs(await catalogWith(t, before), await catalogWith(t, after));
    t.equal(diff.breaks, breaks);
    t.match(renderDiff(diff), lines);
  });
}

t.test('the same', async (t) => {
  const diff = compareCatalogs(await catalogWith(t, { jwks }), await catalogWith(t, { jwks }));
  t.same(diff.systems, []);
  t.equal(renderDiff(diff), 'no difference');
});
