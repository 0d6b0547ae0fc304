/**
 * Tokens bound to a client certificate (RFC 8705), before a whole gateway: TLS that ends in the gateway, TLS that ends
 * at a proxy (RFC 9440), and those who are no proxy.
 */
import { webcrypto } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as openid from 'openid-client';
import t from 'tap';
import { Agent, fetch, request } from 'undici';
import { freePort } from '../../../deploy/sandbox/processes/free-port.ts';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { type Certificate, makeAuthority, makeCertificate } from '../../support/certificates.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { layOut } from '../../support/setting.ts';

const code = samples().enterprises.present[0]!;
const path = `/v1/business/enterprises/${code}`;
const authority = makeAuthority('Clients');
const servers = makeAuthority('Servers');
const server = makeCertificate({ subject: [['CN', 'gateway']], san: [['ip', '127.0.0.1']] }, servers);
const own = makeCertificate(
  {
    subject: [
      ['C', 'VN'],
      ['CN', 'K01.tls'],
    ],
  },
  authority,
);
const other = makeCertificate(
  {
    subject: [
      ['C', 'VN'],
      ['CN', 'K01.khac'],
    ],
  },
  authority,
);
const strangers = makeCertificate(
  {
    subject: [
      ['C', 'VN'],
      ['CN', 'K01.tls'],
    ],
  },
  makeAuthority('Clients'),
);

const directory = await mkdtemp(join(tmpdir(), 'lienthong-tls-'));
t.teardown(() => rm(directory, { recursive: true, force: true }));
const file = async (name: string, text: string) => {
  await writeFile(join(directory, name), text);
  return join(directory, name);
};

const setting = await layOut(t, {
  contracts: {
    'K01.tls': {
      binding: 'mtls',
      certificate: { subjectDn: 'CN=K01.tls,C=VN' },
      token_endpoint_auth_method: 'tls_client_auth',
    },
    'K01.jwt': { binding: 'mtls' },
  },
  agreements: ['K01.tls', 'K01.jwt'].map((consumer, index) => ({
    agreement: `TT-TLS-0${index}`,
    consumer,
    services: [{ service: 'business.enterprise.lookup@1', revision: 1, fields: ['/name'] }],
  })),
});
const clientCa = await file('clients.pem', authority.pem);
const port = await freePort();
const publicUrl = `https://127.0.0.1:${port}`;
const gateway = await startTestGateway(t, {
  setting,
  variables: {
    PORT: String(port),
    PUBLIC_URL: publicUrl,
    TLS_CERT_FILE: await file('server.pem', server.pem),
    TLS_KEY_FILE: await file('server.key', server.keyPem),
    TLS_CLIENT_CA_FILE: clientCa,
  },
});

/** Connections that show this certificate. */
function agentWith(certificate?: Certificate, options: object = {}): Agent {
  const shown = certificate && { cert: certificate.pem, key: certificate.keyPem };
  const agent = new Agent({ connect: { ca: servers.pem, ...shown, ...options } });
  t.teardown(() => agent.destroy());
  return agent;
}

function discover(
  system: string,
  authentication: openid.ClientAuth,
  certificate?: Certificate,
): Promise<openid.Configuration> {
  const dispatcher = agentWith(certificate);
  return openid.discovery(new URL(publicUrl), system, undefined, authentication, {
    algorithm: 'oauth2',
    [openid.customFetch]: (url, init) =>
      fetch(url, { ...init, dispatcher } as object) as Promise<object> as Promise<Response>,
  });
}

async function call(token: string, dispatcher: Agent, headers: Record<string, string> = {}) {
  const answer = await request(publicUrl + path, {
    dispatcher,
    headers: { authorization: `Bearer ${token}`, 'x-purpose': 'thu-nghiem', ...headers },
  });
  const body = (await answer.body.json()) as { code?: string; reason?: string };
  return { status: answer.statusCode, headers: answer.headers, code: body.code, reason: body.reason };
}

async function refusal(work: Promise<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([work]);
  return outcome.status === 'rejected' ? outcome.reason : 'was not refused';
}

t.test('openid-client by tls_client_auth', async (t) => {
  const config = await discover('K01.tls', openid.TlsClientAuth(), own);
  t.match(config.serverMetadata(), {
    token_endpoint_auth_methods_supported: [
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
    ],
    tls_client_certificate_bound_access_tokens: true,
  });
  const { access_token: token } = await openid.clientCredentialsGrant(config);
  const answer = await openid.fetchProtectedResource(
    config,
    token,
    new URL(publicUrl + path),
    'GET',
    undefined,
    new Headers({ 'x-purpose': 'thu-nghiem' }),
  );
  t.equal(answer.status, 200);
  await answer.body?.cancel();

  const cases: [name: string, agent: Agent, reason: string][] = [
    ['shown with another certificate', agentWith(other), 'certificate_other'],
    ['with one of the same name from another authority', agentWith(strangers), 'certificate_other'],
    ['without one', agentWith(), 'certificate_missing'],
  ];
  for (const [name, agent, reason] of cases) {
    const refused = await call(token, agent);
    t.match(refused, { status: 401, code: 'token_invalid', reason }, name);
    t.match(refused.headers['www-authenticate'], /^Bearer realm="lienthong", error="invalid_token"/);
    t.match(await gateway.evidence(String(refused.headers['x-request-id'])), [
      { kind: 'refusal', system: 'K01.tls', status: 401, code: 'token_invalid', reason },
    ]);
  }
  t.match(await call(token, agentWith(), { 'client-cert': own.header }), {
    status: 400,
    code: 'header_invalid',
  });
  t.match(
    await call(token, agentWith(own), { 'client-cert': own.header }),
    { status: 400 },
    'nor beside the right one',
  );
  const { text } = await gateway.operations('/metrics');
  t.match(text, /lienthong_token_misuses_total\{reason="certificate_other"\} 2/);
  t.match(text, /lienthong_token_misuses_total\{reason="certificate_missing"\} 1/);
});

t.test('connections that resume a TLS session still show their certificate', async (t) => {
  const config = await discover('K01.tls', openid.TlsClientAuth(), own);
  const { access_token: token } = await openid.clientCredentialsGrant(config);
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    const agent = agentWith(own, { maxVersion, maxCachedSessions: 10 });
    for (let count = 0; count < 3; count++) {
      const { status } = await call(token, agent, { connection: 'close' });
      t.equal(status, 200, `${maxVersion}: ${count}`);
    }
  }
});

t.test('another’s certificate gets no token', async (t) => {
  for (const certificate of [other, strangers, undefined]) {
    const config = await discover('K01.tls', openid.TlsClientAuth(), certificate);
    t.match(await refusal(openid.clientCredentialsGrant(config)), {
      status: 401,
      cause: [{ scheme: 'bearer', parameters: { error: 'invalid_client' } }],
    });
  }
});

t.test('private_key_jwt, and a token bound to the certificate', async (t) => {
  const { kid, alg, ...jwk } = await gateway.privateKey('K01.jwt');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const key = await webcrypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']);
  const authentication = openid.PrivateKeyJwt({ key: key as openid.CryptoKey, kid: kid! });
  const config = await discover('K01.jwt', authentication, other);
  const { access_token: token } = await openid.clientCredentialsGrant(config);
  t.equal((await call(token, agentWith(other))).status, 200);
  t.match(await call(token, agentWith(own)), { reason: 'certificate_other' });
  const without = await discover('K01.jwt', authentication);
  t.match(await refusal(openid.clientCredentialsGrant(without)), { error: 'invalid_request', status: 400 });
  const untrusted = await discover('K01.jwt', authentication, strangers);
  t.ok((await refusal(openid.clientCredentialsGrant(untrusted))) instanceof Error, 'refused, or cut off');
});

for (const [name, TRUSTED_PROXIES] of [
  ['a proxy by CIDR', '127.0.0.0/8'],
  ['somebody else', '192.0.2.0/24'],
] as const) {
  t.test(`Client-Cert from ${name}`, async (t) => {
    const isProxy = TRUSTED_PROXIES.startsWith('127');
    const behind = await startTestGateway(t, {
      setting,
      variables: { TRUSTED_PROXIES, TLS_CLIENT_CA_FILE: clientCa },
    });
    const getToken = (header?: string) =>
      behind.send('/oauth2/token', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'client-cert': header },
        body: 'grant_type=client_credentials&client_id=K01.tls',
      });
    const answer = await getToken(own.header);
    t.match(answer, isProxy ? { status: 200 } : { status: 400, body: { error: 'invalid_request' } });
    t.match(await getToken(other.header), { status: isProxy ? 401 : 400 });
    t.match(await getToken(), { status: 401, body: { error: 'invalid_client' } });
    if (!isProxy) return;
    const read = (header?: string) =>
      behind.send(path, {
        headers: {
          authorization: `Bearer ${answer.body.access_token}`,
          'x-purpose': 'thu-nghiem',
          'client-cert': header,
        },
      });
    t.equal((await read(own.header)).status, 200);
    t.match(await read(other.header), { status: 401, body: { reason: 'certificate_other' } });
    t.match(await read(), { status: 401, body: { reason: 'certificate_missing' } });
  });
}
