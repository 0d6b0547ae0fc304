/**
 * Tokens bound to a DPoP key, before a whole gateway: `openid-client` and `dpop` from npm, unmodified, and what becomes
 * of stolen tokens.
 */
import { webcrypto } from 'node:crypto';
import * as dpop from 'dpop';
import * as openid from 'openid-client';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { type Answer, refused } from '../../support/answer.ts';
import { startTestGateway } from '../../support/gateway.ts';

const code = samples().enterprises.present[0]!;
const path = `/v1/business/enterprises/${code}`;
const gateway = await startTestGateway(t, {
  contracts: { 'K01.rangbuoc': { binding: 'dpop' } },
  agreements: [
    {
      agreement: 'TT-THU-01',
      consumer: 'K01.rangbuoc',
      services: [{ service: 'business.enterprise.lookup@1', revision: 1, fields: ['/name'] }],
    },
  ],
});

async function discover(system = 'K01.rangbuoc'): Promise<openid.Configuration> {
  const { kid, alg, ...jwk } = await gateway.privateKey(system);
  const key = await webcrypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
  ]);
  return openid.discovery(
    new URL(gateway.publicUrl),
    system,
    undefined,
    openid.PrivateKeyJwt({ key: key as openid.CryptoKey, kid: kid! }),
    { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
  );
}

const call = (headers: Record<string, string>, at = path): Promise<Answer> =>
  gateway.send(at, { headers: { 'x-purpose': 'thu-nghiem', ...headers } });

async function misuses(reason: string): Promise<number> {
  const { text } = await gateway.operations('/metrics');
  return Number(
    new RegExp(`^lienthong_token_misuses_total\\{reason="${reason}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0,
  );
}

for (const alg of ['ES256', 'Ed25519', 'PS256'] as const) {
  t.test(`openid-client with a DPoP key for ${alg}`, async (t) => {
    const config = await discover();
    t.ok(config.serverMetadata().dpop_signing_alg_values_supported?.includes(alg));
    const handle = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair(alg));
    const token = await openid.clientCredentialsGrant(config, undefined, { DPoP: handle });
    t.equal(token.token_type, 'dpop');
    for (const at of [path, `${path}?page=1`]) {
      const answer = await openid.fetchProtectedResource(
        config,
        token.access_token,
        new URL(gateway.publicUrl + at),
        'GET',
        undefined,
        new Headers({ 'x-purpose': 'thu-nghiem' }),
        { DPoP: handle },
      );
      t.equal(answer.status, at === path ? 200 : 400);
      await answer.body?.cancel();
    }
  });
}

t.test('the library of DPoP proofs, by hand', async (t) => {
  const config = await discover();
  const keys = await dpop.generateKeyPair('ES256');
  const url = gateway.publicUrl + path;
  const handle = openid.getDPoPHandle(config, keys as openid.CryptoKeyPair);
  const { access_token: token } = await openid.clientCredentialsGrant(config, undefined, { DPoP: handle });
  const authorization = `DPoP ${token}`;

  const first = await call({
    authorization,
    dpop: await dpop.generateProof(keys, url, 'GET', undefined, token),
  });
  refused(t, first, 401, 'dpop_nonce_required');
  t.match(first.headers['www-authenticate'], /^DPoP .*error="use_dpop_nonce"/);
  const nonce = first.headers['dpop-nonce'];
  const proof = (at = url) => dpop.generateProof(keys, at, 'GET', nonce, token);
  const good = await proof();
  const answer = await call({ authorization, dpop: good });
  t.equal(answer.status, 200);
  t.match(answer.headers['dpop-nonce'], /^[\w-]{22}$/, 'the nonce to use next');
  const [row] = await gateway.evidence(answer.headers['x-request-id']);
  const tokenId = row!.token_id;
  t.equal(
    (await gateway.evidence(first.headers['x-request-id'])).length,
    0,
    'asking for a nonce is no refusal',
  );

  const thief = await dpop.generateKeyPair('ES256');
  const cases: [name: string, reason: string, headers: Record<string, string>][] = [
    [
      'with another key',
      'proof_key',
      { authorization, dpop: await dpop.generateProof(thief, url, 'GET', nonce, token) },
    ],
    ['with a proof that was used', 'proof_replayed', { authorization, dpop: good }],
    ['with a proof for another address', 'proof_target', { authorization, dpop: await proof(`${url}0`) }],
    [
      'with a proof for another host',
      'proof_target',
      { authorization, dpop: await proof(url.replace('127.0.0.1', 'evil.example')), host: 'evil.example' },
    ],
    [
      'with a proof for another token',
      'proof_token',
      { authorization, dpop: await dpop.generateProof(keys, url, 'GET', nonce, 'other') },
    ],
    ['without a proof', 'proof_missing', { authorization }],
    ['as a bearer token', 'proof_missing', { authorization: `Bearer ${token}` }],
  ];
  for (const [name, reason, headers] of cases) {
    const before = await misuses(reason);
    const stolen = await call(headers);
    refused(t, stolen, 401, 'token_invalid', name);
    t.equal(stolen.body.reason, reason, name);
    t.match(
      stolen.headers['www-authenticate'],
      /^DPoP realm="lienthong", error="invalid_(token|dpop_proof)"/,
      name,
    );
    t.equal(await misuses(reason), before + 1, `${name}: counted`);
    t.match(
      await gateway.evidence(stolen.headers['x-request-id']),
      [
        {
          kind: 'refusal',
          agency: 'K01',
          system: 'K01.rangbuoc',
          token_id: tokenId,
          status: 401,
          code: 'token_invalid',
          reason,
          service: 'business.enterprise.lookup@1',
        },
      ],
      `${name}: recorded against the system whose token it is`,
    );
  }
});

t.test('a system that must bind gets no bearer token', async (t) => {
  const [outcome] = await Promise.allSettled([openid.clientCredentialsGrant(await discover())]);
  t.match(outcome, { reason: { error: 'invalid_dpop_proof', status: 400 } });
});
