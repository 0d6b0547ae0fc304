/** Where client certificates come from, whose they are, and what a token bound to one is worth (RFC 8705, RFC 9440). */
import { Socket } from 'node:net';
import { decodeJwt } from 'jose';
import t, { type Test } from 'tap';
import type { CertificateIdentity, System } from '../../../../gateway/catalog/catalog.ts';
import { canonicalDn, isCertificateOf } from '../../../../gateway/identity/certificates/certificate-names.ts';
import {
  type CertificatesOptions,
  createClientCertificates,
} from '../../../../gateway/identity/certificates/client-certificates.ts';
import type { Identity } from '../../../../gateway/identity/identity.ts';
import { Problem } from '../../../../gateway/problems/problem.ts';
import { type Certificate, makeAuthority, makeCertificate } from '../../../support/certificates.ts';
import { testClient } from '../support/assertions.ts';
import { catalogOf, freshPool, NOW, presented, run } from '../support/identity.ts';

const authority = makeAuthority('Root');
const DAY = 86_400_000;
const dates = { notBefore: new Date(NOW - DAY), notAfter: new Date(NOW + DAY) };
const subject = [
  ['C', 'VN'],
  ['O', 'UBND Hà Nội, Sở TTTT'],
  ['OU', 'a'],
  ['OU', 'b'],
  ['CN', 'H26.motcua'],
] as const;
const DN = String.raw`CN=H26.motcua,OU=b,OU=a,O=UBND Hà Nội\, Sở TTTT,C=VN`;
const san = [
  ['dns', 'motcua.hanoi.gov.vn'],
  ['uri', 'urn:vn:system:H26.motcua'],
  ['uri', 'https://hanoi.gov.vn/a, URI:urn:planted'],
  ['ip', '10.1.2.3'],
  ['email', 'it@hanoi.gov.vn'],
] as const;
const own = makeCertificate({ subject, san, ...dates }, authority);
const other = makeCertificate({ subject: [['CN', 'G12.thue']], ...dates }, authority);
const strangers = makeCertificate({ subject, san, ...dates }, makeAuthority('Root'));

function from(remoteAddress: string | undefined): Socket {
  return Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
}

const sources = (over: { authorities?: Certificate[]; now?: () => number; trustedProxies?: string[] } = {}) =>
  createClientCertificates({
    byTls: false,
    trustedProxies: over.trustedProxies ?? ['10.0.0.0/24', 'fd00::/8'],
    authorities: (over.authorities ?? [authority]).map(({ x509 }) => x509),
    now: over.now ?? (() => NOW),
  });

t.test('a header counts from the proxies alone', async (t) => {
  const certificates = sources();
  t.teardown(() => certificates.close());
  const headers = { 'client-cert': own.header };
  for (const address of ['10.0.0.1', '10.0.0.255', '::ffff:10.0.0.1', 'fd00::1']) {
    const certificate = certificates.of(presented(undefined, { headers, socket: from(address) }));
    t.match(certificate, { thumbprint: own.thumbprint, trusted: true, inForce: true }, address);
  }
  for (const address of [
    '10.0.1.0',
    '127.0.0.1',
    '::1',
    '::ffff:10.0.1.0',
    '192.0.2.1',
    'fe80::1',
    undefined,
  ]) {
    const request = presented(undefined, { headers, socket: from(address) });
    t.throws(() => certificates.of(request), { name: 'CertificateRefused' }, String(address));
    t.equal(certificates.of({ ...request, headers: {} }), undefined, `${address}: no header, no certificate`);
  }
  t.equal(
    certificates.of(presented(undefined, { socket: from('10.0.0.1') })),
    undefined,
    'a proxy says nothing',
  );
  const nobody = sources({ trustedProxies: [] });
  t.notOk(nobody.possible);
  t.throws(() => nobody.of(presented(undefined, { headers, socket: from('10.0.0.1') })));
});

t.test('headers that are no certificate', async (t) => {
  const certificates = sources();
  const base64 = own.header.slice(1, -1);
  const cases: Record<string, string> = {
    empty: '',
    'no colons': base64,
    'one colon': `:${base64}`,
    'two certificates': `${own.header}, ${own.header}`,
    'two at once': `:${Buffer.concat([own.x509.raw, own.x509.raw]).toString('base64')}:`,
    'a byte more': `:${Buffer.concat([own.x509.raw, Buffer.alloc(1)]).toString('base64')}:`,
    'cut off': `:${own.x509.raw.subarray(0, -1).toString('base64')}:`,
    'not DER': `:${Buffer.from('hello').toString('base64')}:`,
    PEM: own.pem.replaceAll('\n', ' '),
    'URL-encoded PEM': encodeURIComponent(own.pem),
    'with a parameter': `${own.header};a=1`,
    'too long': `:${'A'.repeat(20_000)}:`,
    base64url: `:${own.x509.raw.toString('base64url')}:`,
  };
  for (const [name, header] of Object.entries(cases)) {
    const request = presented(undefined, { headers: { 'client-cert': header }, socket: from('10.0.0.1') });
    if (name === 'base64url' && !/[-_]/.test(header)) continue;
    t.throws(() => certificates.of(request), { name: 'CertificateRefused' }, name);
  }
});

t.test('a certificate is trusted if it is in force and a trusted authority has issued it', async (t) => {
  const forwarded = (certificate: Certificate, over?: Parameters<typeof sources>[0]) =>
    sources(over).of(
      presented(undefined, { headers: { 'client-cert': certificate.header }, socket: from('10.0.0.1') }),
    )!;
  t.ok(forwarded(own).trusted);
  t.notOk(forwarded(strangers).trusted, 'another authority of the same name');
  t.ok(
    forwarded(strangers, { authorities: [] }).trusted,
    'without authorities, the judgement of the proxy counts',
  );
  t.notOk(forwarded(own, { now: () => NOW + DAY }).trusted, 'expired');
  t.notOk(forwarded(own, { now: () => NOW - DAY - 1 }).trusted, 'not valid yet');
  const notAuthority = makeCertificate({ subject: [['CN', 'Root']] });
  const byNotAuthority = makeCertificate({ subject, ...dates }, notAuthority);
  t.notOk(
    forwarded(byNotAuthority, { authorities: [notAuthority] }).trusted,
    'issued by one that may not issue',
  );
});

t.test('a certificate belongs to the client that is registered with its name or thumbprint', async (t) => {
  const forwarded = (certificate: Certificate) =>
    sources().of(
      presented(undefined, { headers: { 'client-cert': certificate.header }, socket: from('10.0.0.1') }),
    )!;
  const cases: readonly (readonly [CertificateIdentity, boolean])[] = [
    [{ subjectDn: DN }, true],
    [{ subjectDn: DN.replaceAll(',OU', ' ,  ou').replace('CN=', 'cn = ') }, true],
    [{ subjectDn: DN.replace('H26', 'h26') }, false],
    [{ subjectDn: 'CN=H26.motcua' }, false],
    [{ subjectDn: DN.split(',').reverse().join(',') }, false],
    [{ subjectDn: DN.replace('OU=b,OU=a', 'OU=a,OU=b') }, false],
    [{ sanDns: 'motcua.hanoi.gov.vn' }, true],
    [{ sanDns: 'hanoi.gov.vn' }, false],
    [{ sanDns: 'H26.motcua' }, false],
    [{ sanUri: 'urn:vn:system:H26.motcua' }, true],
    [{ sanUri: 'urn:planted' }, false],
    [{ sanUri: 'https://hanoi.gov.vn/a, URI:urn:planted' }, true],
    [{ sanIp: '10.1.2.3' }, true],
    [{ sanIp: '10.1.2.4' }, false],
    [{ sanEmail: 'it@hanoi.gov.vn' }, true],
    [{ sanEmail: 'other@hanoi.gov.vn' }, false],
    [{ thumbprints: [other.thumbprint, own.thumbprint] }, true],
    [{ thumbprints: [other.thumbprint] }, false],
    [{ thumbprints: [] }, false],
  ];
  for (const [identity, expected] of cases) {
    t.equal(isCertificateOf(identity, forwarded(own)), expected, JSON.stringify(identity));
    if ('thumbprints' in identity) continue;
    t.notOk(
      isCertificateOf(identity, forwarded(strangers)),
      `${JSON.stringify(identity)}: of another authority`,
    );
  }
  const wildcard = makeCertificate({ subject: [], san: [['dns', '*.hanoi.gov.vn']], ...dates }, authority);
  t.notOk(
    isCertificateOf({ sanDns: 'motcua.hanoi.gov.vn' }, forwarded(wildcard)),
    'names are compared whole',
  );
  t.notOk(isCertificateOf({ subjectDn: DN }, forwarded(wildcard)), 'no subject at all');
  t.ok(
    isCertificateOf({ thumbprints: [strangers.thumbprint] }, forwarded(strangers)),
    'a digest needs no authority',
  );
  t.equal(canonicalDn('cn=a\\,b + ou= c , o=d'), 'CN=a\\,b+OU=c,O=d');
});

/** A running Identity behind a proxy, and a client with these members in its contract. */
async function behindProxy(t: Test, contract: Partial<System>) {
  const client = await testClient('H26.motcua');
  const running = await run(t, {
    pool: await freshPool(t),
    catalog: catalogOf([{ ...client.system, ...contract }]),
    certificates: { byTls: false, trustedProxies: ['127.0.0.1'], authorities: [authority.x509] },
  });
  const call = (token: unknown, certificate?: Certificate, address = '127.0.0.1') =>
    outcome(running.identity, `Bearer ${token}`, certificate, address);
  return { ...running, client, call };
}

async function outcome(
  identity: Identity,
  authorization: string,
  certificate: Certificate | undefined,
  address: string,
) {
  const headers: Record<string, string> = certificate ? { 'client-cert': certificate.header } : {};
  try {
    return await identity.authenticate(presented(authorization, { headers, socket: from(address) }));
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

t.test('tls_client_auth', async (t) => {
  const { post, call, client } = await behindProxy(t, {
    ...{ certificate: { subjectDn: DN }, binding: 'mtls', authMethod: 'tls_client_auth' },
  });
  const form = { grant_type: 'client_credentials', client_id: 'H26.motcua' };
  const { status, body } = await post(form, { 'client-cert': own.header });
  t.match({ status, body }, { status: 200, body: { token_type: 'Bearer' } });
  const claims = decodeJwt(String(body.access_token));
  t.same(claims.cnf, { 'x5t#S256': own.thumbprint });
  t.match(claims.client_key, /^[\w-]{43}$/, 'evidence names the key of the certificate');
  t.match(await call(body.access_token, own), { system: 'H26.motcua' });
  t.match(await call(body.access_token), { members: { reason: 'certificate_missing' }, attributedTo: {} });
  t.match(await call(body.access_token, other), {
    code: 'token_invalid',
    members: {
      reason: 'certificate_other',
      headers: { 'WWW-Authenticate': /^Bearer .*error="invalid_token"/ },
    },
    attributedTo: { system: 'H26.motcua' },
  });
  t.match(
    await call(body.access_token, own, '127.0.0.2'),
    { code: 'header_invalid', status: 400 },
    'no proxy of ours',
  );

  const refusals: Record<string, [Record<string, string>, Certificate | undefined, string]> = {
    'no certificate': [form, undefined, 'invalid_client'],
    'that of another system': [form, other, 'invalid_client'],
    'of another authority': [form, strangers, 'invalid_client'],
    'another client': [{ ...form, client_id: 'G12.thue' }, own, 'invalid_client'],
    'no client': [{ grant_type: 'client_credentials' }, own, 'invalid_client'],
    'a secret beside': [{ ...form, client_secret: 'x' }, own, 'invalid_client'],
  };
  for (const [name, [parameters, certificate, error]] of Object.entries(refusals)) {
    const headers: Record<string, string> = certificate ? { 'client-cert': certificate.header } : {};
    t.match(await post(parameters, headers), { status: 401, body: { error } }, name);
  }
  t.match(await post(form, { 'client-cert': 'x' }), { status: 400, body: { error: 'invalid_request' } });
  t.match(
    await post(await client.form(), { 'client-cert': own.header }),
    { status: 401, body: { error: 'invalid_client' } },
    'its key authenticates no more',
  );
});

t.test('a certificate beside a key binds, and is no second way in', async (t) => {
  const { post, call, client } = await behindProxy(t, { certificate: { subjectDn: DN } });
  const form = { grant_type: 'client_credentials', client_id: 'H26.motcua' };
  t.match(
    await post(form, { 'client-cert': own.header }),
    {
      status: 401,
      body: { error: 'invalid_client', error_description: /registered for another method/ },
      headers: { 'www-authenticate': /^Bearer .*error="invalid_client"/ },
    },
    'the certificate alone',
  );
  const cnf = async (headers: Record<string, string>) => {
    const { status, body } = await post(await client.form(), headers);
    t.equal(status, 200);
    return { token: body.access_token, cnf: decodeJwt(String(body.access_token)).cnf };
  };
  const bound = await cnf({ 'client-cert': own.header });
  t.same(bound.cnf, { 'x5t#S256': own.thumbprint });
  t.match(await call(bound.token, own), { system: 'H26.motcua' });
  t.match(await call(bound.token), { members: { reason: 'certificate_missing' } });
  t.same((await cnf({})).cnf, undefined, 'without one: not bound');
  t.same((await cnf({ 'client-cert': other.header })).cnf, undefined, 'another’s certificate binds nothing');
});

t.test('private_key_jwt, where tokens must be bound to the certificate', async (t) => {
  const { post, client, refusals } = await behindProxy(t, {
    ...{ certificate: { subjectDn: DN }, binding: 'mtls' },
  });
  t.match(await post(await client.form(), { 'client-cert': own.header }), { status: 200 });
  t.match(
    await post(await client.form(), { 'client-cert': other.header }),
    { status: 400, body: { error: 'invalid_request' } },
    'to its own alone',
  );
  t.match(
    await post(await client.form()),
    { status: 400, body: { error: 'invalid_request' } },
    'and to one at all',
  );
  t.match(refusals, [{ reason: 'certificate_other' }, { reason: 'binding_required' }], 'both recorded');
});

t.test('self_signed_tls_client_auth', async (t) => {
  const selfSigned = makeCertificate({ subject: [['CN', 'self']], ...dates });
  const { post, call, clock } = await behindProxy(t, {
    certificate: { thumbprints: [selfSigned.thumbprint] },
    authMethod: 'self_signed_tls_client_auth',
  });
  const form = { grant_type: 'client_credentials', client_id: 'H26.motcua' };
  const { status, body } = await post(form, { 'client-cert': selfSigned.header });
  t.equal(status, 200);
  t.match(await call(body.access_token, selfSigned), { confirmation: { 'x5t#S256': selfSigned.thumbprint } });
  t.match(await call(body.access_token), { members: { reason: 'certificate_missing' } });
  clock.at = NOW + DAY;
  t.match(await post(form, { 'client-cert': selfSigned.header }), { status: 401 }, 'expired');
});

t.test('a certificate that nobody asks for binds nothing', async (t) => {
  const { post, call, client } = await behindProxy(t, {});
  const { body } = await post(await client.form(), { 'client-cert': other.header });
  t.equal(decodeJwt(String(body.access_token)).cnf, undefined);
  t.match(await call(body.access_token, own), { system: 'H26.motcua' });
});

t.test('metadata announce certificates only where they reach the gateway', async (t) => {
  const client = await testClient('H26.motcua');
  const withCertificate = { ...client.system, certificate: { subjectDn: DN } };
  const pool = await freshPool(t);
  const nowhere = { byTls: false, trustedProxies: [], authorities: [] };
  const proxies = { ...nowhere, trustedProxies: ['10.0.0.0/8'] };
  const cases: readonly (readonly [string, CertificatesOptions, System, boolean])[] = [
    ['from nowhere', nowhere, withCertificate, false],
    [
      'authorities, and nobody who asks',
      { ...nowhere, authorities: [authority.x509] },
      withCertificate,
      false,
    ],
    ['by TLS', { ...nowhere, byTls: true }, client.system, true],
    [
      'by proxies, whose authorities are named',
      { ...proxies, authorities: [authority.x509] },
      client.system,
      true,
    ],
    ['by proxies, and a system uses one', proxies, withCertificate, true],
    ['by proxies, and a system binds to one', proxies, { ...client.system, binding: 'mtls' }, true],
    ['proxies for addresses alone', proxies, client.system, false],
  ];
  for (const [name, certificates, system, announced] of cases) {
    const { app } = await run(t, { pool, catalog: catalogOf([system]), certificates });
    const server = (await app.inject('/.well-known/oauth-authorization-server')).json();
    const methods = announced
      ? ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth']
      : ['private_key_jwt'];
    t.same(server.token_endpoint_auth_methods_supported, methods, name);
    t.same(server.revocation_endpoint_auth_methods_supported, methods, name);
    t.equal(server.tls_client_certificate_bound_access_tokens, announced, name);
    const resource = (await app.inject('/.well-known/oauth-protected-resource')).json();
    t.equal(resource.tls_client_certificate_bound_access_tokens, announced, name);
  }
});
